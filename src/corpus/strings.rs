//! Strings of a column of a table, read where they lie.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, LargeStringArray, StringArray, StringViewArray};
use arrow_buffer::Buffer;
use arrow_schema::DataType;
use std::collections::HashSet;

/// Whether a column holds strings.
pub fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// The strings of a column, whatever kind of strings they are.
///
/// # Errors
/// `None` where it holds none.
pub fn strings(array: &ArrayRef) -> Option<LargeStringArray> {
    let strings = arrow_cast::cast(array, &DataType::LargeUtf8).ok()?;
    Some(strings.as_string::<i64>().clone())
}

/// The strings of a column in the buffers that they were read into, as far as their kind has them there.
#[derive(Debug, Clone)]
pub enum Strings {
    /// One behind the other, ends in 32 bits.
    Small(StringArray),
    /// One behind the other, ends in 64 bits.
    Large(LargeStringArray),
    /// Anywhere.
    Views(StringViewArray),
}

impl Strings {
    /// Those of a column; `None` where it holds none.
    pub fn of(array: &ArrayRef) -> Option<Strings> {
        match (array.as_string_opt::<i32>(), array.as_string_view_opt()) {
            (Some(small), _) => Some(Strings::Small(small.clone())),
            (_, Some(views)) => Some(Strings::Views(views.clone())),
            _ => strings(array).map(Strings::Large),
        }
    }

    /// One of them; `None` for null.
    pub fn get(&self, row: usize) -> Option<&str> {
        match self {
            Strings::Small(texts) => texts.is_valid(row).then(|| texts.value(row)),
            Strings::Large(texts) => texts.is_valid(row).then(|| texts.value(row)),
            Strings::Views(texts) => texts.is_valid(row).then(|| texts.value(row)),
        }
    }

    /// Bytes of memory that they hold, but for buffers that were counted before.
    pub fn memory(&self, counted: &mut HashSet<*const u8>) -> usize {
        let mut of = |buffers: &[&Buffer]| -> usize {
            let new = |buffer: &&&Buffer| counted.insert(buffer.as_ptr());
            buffers.iter().filter(new).map(|buffer| buffer.capacity()).sum()
        };
        match self {
            Strings::Small(texts) => of(&[texts.values(), texts.offsets().inner().inner()]),
            Strings::Large(texts) => of(&[texts.values(), texts.offsets().inner().inner()]),
            Strings::Views(texts) => {
                let buffers: Vec<&Buffer> = texts.data_buffers().iter().collect();
                of(&buffers) + of(&[texts.views().inner()])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn strings_of_every_kind_are_read_alike_and_shared_buffers_count_once() {
        let texts = [Some("one of more than twelve bytes"), None, Some("short"), Some("")];
        let small: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
        let numbers = arrow_cast::cast(&small, &DataType::Binary).unwrap();
        assert!(!is_text(numbers.data_type()));
        let words = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        for kind in [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View, words] {
            let column = arrow_cast::cast(&small, &kind).unwrap();
            assert!(is_text(column.data_type()));
            let read = Strings::of(&column).unwrap();
            for (row, &text) in texts.iter().enumerate() {
                assert_eq!(read.get(row), text, "{kind}");
            }
            let mut counted = HashSet::new();
            assert!(read.memory(&mut counted) >= 29, "{kind}");
            assert_eq!(read.clone().memory(&mut counted), 0, "{kind}");
        }
    }
}
