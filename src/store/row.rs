//! Rows as bytes: fixed width, little-endian, without padding.

/// A row of fixed width.
pub trait Row: Copy + Send + Sync + 'static {
    /// Bytes on disk.
    const BYTES: usize;
    /// Writes it to exactly [`Row::BYTES`] bytes.
    fn put(&self, out: &mut [u8]);
    /// Reads it from exactly [`Row::BYTES`] bytes that `put` wrote; from others anything, but never a panic.
    fn get(bytes: &[u8]) -> Self;
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Row for $number {
            const BYTES: usize = size_of::<$number>();
            fn put(&self, out: &mut [u8]) {
                out.copy_from_slice(&self.to_le_bytes());
            }
            fn get(bytes: &[u8]) -> Self {
                let mut number = [0; size_of::<$number>()];
                number.copy_from_slice(bytes);
                <$number>::from_le_bytes(number)
            }
        }
    )*};
}
numbers!(u8, u16, u32, u64, u128, i64, f32);

macro_rules! tuples {
    ($(($($name:ident $at:tt),+)),*) => {$(
        impl<$($name: Row),+> Row for ($($name,)+) {
            const BYTES: usize = 0 $(+ $name::BYTES)+;
            fn put(&self, out: &mut [u8]) {
                let mut at = 0;
                $(self.$at.put(&mut out[at..at + $name::BYTES]); at += $name::BYTES;)+
                debug_assert_eq!(at, Self::BYTES);
            }
            fn get(bytes: &[u8]) -> Self {
                let mut at = 0;
                let row = ($({ let from = at; at += $name::BYTES; $name::get(&bytes[from..at]) },)+);
                debug_assert_eq!(at, Self::BYTES);
                row
            }
        }
    )*};
}
tuples!((A 0, B 1), (A 0, B 1, C 2), (A 0, B 1, C 2, D 3), (A 0, B 1, C 2, D 3, E 4), (A 0, B 1, C 2, D 3, E 4, F 5));

impl<T: Row + Default, const N: usize> Row for [T; N] {
    const BYTES: usize = N * T::BYTES;
    fn put(&self, out: &mut [u8]) {
        self.iter().zip(out.chunks_exact_mut(T::BYTES)).for_each(|(item, out)| item.put(out));
    }
    fn get(bytes: &[u8]) -> Self {
        let mut items = [T::default(); N];
        items.iter_mut().zip(bytes.chunks_exact(T::BYTES)).for_each(|(item, bytes)| *item = T::get(bytes));
        items
    }
}

impl<T: Row> Row for Option<T> {
    const BYTES: usize = 1 + T::BYTES;
    fn put(&self, out: &mut [u8]) {
        out.fill(0);
        if let Some(row) = self {
            out[0] = 1;
            row.put(&mut out[1..]);
        }
    }
    fn get(bytes: &[u8]) -> Self {
        (bytes[0] != 0).then(|| T::get(&bytes[1..]))
    }
}

/// Implements [`Row`] for a struct of rows.
macro_rules! row {
    ($name:ty { $($field:ident: $kind:ty),* $(,)? }) => {
        impl $crate::store::Row for $name {
            const BYTES: usize = 0 $(+ <$kind as $crate::store::Row>::BYTES)*;
            fn put(&self, out: &mut [u8]) {
                let mut out = out;
                $(
                    let (field, rest) = out.split_at_mut(<$kind as $crate::store::Row>::BYTES);
                    $crate::store::Row::put(&self.$field, field);
                    out = rest;
                )*
                debug_assert!(out.is_empty());
            }
            fn get(bytes: &[u8]) -> Self {
                let mut rest = bytes;
                $(
                    let (field, after) = rest.split_at(<$kind as $crate::store::Row>::BYTES);
                    let $field = <$kind as $crate::store::Row>::get(field);
                    rest = after;
                )*
                debug_assert!(rest.is_empty());
                Self { $($field),* }
            }
        }
    };
}

/// Implements [`Row`] for an enum of one byte, given all its variants in order.
macro_rules! choice {
    ($name:ty, $all:expr) => {
        impl $crate::store::Row for $name {
            const BYTES: usize = 1;
            fn put(&self, out: &mut [u8]) {
                out[0] = *self as u8;
            }
            fn get(bytes: &[u8]) -> Self {
                *$all.get(usize::from(bytes[0])).unwrap_or(&$all[0])
            }
        }
    };
}

pub(crate) use {choice, row};

#[cfg(test)]
mod tests {
    use super::*;

    fn returns<T: Row + PartialEq + std::fmt::Debug>(row: T) {
        let mut bytes = vec![0; T::BYTES];
        row.put(&mut bytes);
        assert_eq!(T::get(&bytes), row);
    }

    #[test]
    fn rows_come_back_from_their_bytes() {
        returns((1u8, 2u16, u32::MAX, 4u64, u128::MAX, 0.5f32));
        returns([7u32, 8, 9]);
        returns((Some(3u32), None::<i64>));
    }
}
