//! What values the fields of JSON records hold, so that they may stand in the columns of a table.
//!
//! In: records, in any number of parts. Out: the columns that hold all of them, and each record as a row. A column takes
//! the narrowest of the types of JSON that all of its values have; one whose values differ, or that no type would give
//! back as they stand (numbers of too many digits, half a surrogate pair, keys that stand twice, objects of hundreds of
//! keys), holds them as text, spelt as in JSON.

use crate::corpus::json::{elements, has_lone_surrogate, members, unescape};
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Nested deeper, a value is text.
const DEEPEST: usize = 16;
/// Objects of more keys than these, in all their records, are text: their keys are data, no names.
const MOST_KEYS: usize = 200;
/// A field of more values than these within one another is text: each costs a table tens of kilobytes while it is written.
const MOST_LEAVES: usize = 500;
/// With more values than these in all fields no field is but text.
const MOST_VALUES: usize = 2_000;
/// More columns than these make no table.
const MOST_COLUMNS: usize = 5_000;
/// Digits that a floating number gives back whatever they are.
const DIGITS: usize = 15;
/// Integers up to here are floating numbers too.
const EXACT: u64 = 1 << 53;

/// What the values of a column are.
#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Null,
    Bool,
    /// Whether all of them are floating numbers as well.
    Int {
        exact: bool,
    },
    Float,
    Text,
    List(Box<Kind>),
    Object(Vec<(String, Kind)>),
    /// Whatever they are, spelt as in JSON.
    Any,
}

impl Kind {
    fn of(raw: &str, depth: usize) -> Kind {
        match raw.as_bytes().first() {
            Some(b'n') => Kind::Null,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'"') if has_lone_surrogate(raw) => Kind::Any,
            Some(b'"') => Kind::Text,
            Some(b'[' | b'{') if depth == DEEPEST => Kind::Any,
            Some(b'[') => {
                let Ok(elements) = elements(raw) else { return Kind::Any };
                let kinds = elements.iter().map(|e| Kind::of(e, depth + 1));
                Kind::List(Box::new(kinds.fold(Kind::Null, Kind::and))).simple()
            }
            Some(b'{') => {
                let Ok(members) = members(raw) else { return Kind::Any };
                let mut names = HashSet::with_capacity(members.len());
                if members.len() > MOST_KEYS || !members.iter().all(|(name, _)| names.insert(name)) {
                    return Kind::Any;
                }
                let fields = members.iter().map(|(name, raw)| (name.to_string(), Kind::of(raw, depth + 1)));
                Kind::Object(fields.collect()).simple()
            }
            _ => Kind::number(raw),
        }
    }

    fn number(raw: &str) -> Kind {
        if let Ok(n) = raw.parse::<i64>() {
            return if raw == "-0" { Kind::Float } else { Kind::Int { exact: n.unsigned_abs() <= EXACT } };
        }
        let digits = |number: &str| -> String {
            let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
            mantissa.trim_start_matches(['-', '0', '.']).chars().filter(char::is_ascii_digit).collect()
        };
        let given = digits(raw);
        match raw.parse::<f64>() {
            // So small a number that nothing is left of it is not the number that stands there.
            Ok(n) if !raw.contains(['.', 'e', 'E']) || !n.is_finite() || (n == 0.0) != given.is_empty() => {
                Kind::Any
            }
            Ok(n) if n == 0.0 || (n.is_normal() && given.len() <= DIGITS) => Kind::Float,
            Ok(n) if given.len() <= DIGITS + 2 && digits(&format!("{n:.*e}", given.len() - 1)) == given => {
                Kind::Float
            }
            _ => Kind::Any,
        }
    }

    /// The kind of a column that holds both.
    fn and(self, other: Kind) -> Kind {
        match (self, other) {
            (Kind::Null, kind) | (kind, Kind::Null) => kind,
            (Kind::Bool, Kind::Bool) => Kind::Bool,
            (Kind::Text, Kind::Text) => Kind::Text,
            (Kind::Int { exact: a }, Kind::Int { exact: b }) => Kind::Int { exact: a && b },
            (Kind::Float, Kind::Float | Kind::Int { exact: true })
            | (Kind::Int { exact: true }, Kind::Float) => Kind::Float,
            (Kind::List(a), Kind::List(b)) => Kind::List(Box::new(a.and(*b))).simple(),
            (Kind::Object(mut fields), Kind::Object(others)) => {
                for (name, kind) in others {
                    match fields.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, known)) => *known = std::mem::replace(known, Kind::Null).and(kind),
                        None => fields.push((name, kind)),
                    }
                }
                Kind::Object(fields).simple()
            }
            _ => Kind::Any,
        }
    }

    /// What holds something of any kind is of any kind itself.
    fn simple(self) -> Kind {
        match self {
            Kind::List(element) if *element == Kind::Any => Kind::Any,
            Kind::Object(fields) if fields.len() > MOST_KEYS || fields.iter().any(|f| f.1 == Kind::Any) => {
                Kind::Any
            }
            kind if kind.leaves() > MOST_LEAVES => Kind::Any,
            kind => kind,
        }
    }

    /// Values within it that are no objects and no lists.
    fn leaves(&self) -> usize {
        match self {
            Kind::List(element) => element.leaves(),
            Kind::Object(fields) => fields.iter().map(|f| f.1.leaves()).sum(),
            _ => 1,
        }
    }

    /// Whether there is an object of no keys in it, which no column can hold.
    fn has_empty_object(&self) -> bool {
        match self {
            Kind::List(element) => element.has_empty_object(),
            Kind::Object(fields) => fields.is_empty() || fields.iter().any(|f| f.1.has_empty_object()),
            _ => false,
        }
    }

    fn data_type(&self) -> DataType {
        match self {
            Kind::Bool => DataType::Boolean,
            Kind::Int { .. } => DataType::Int64,
            Kind::Float => DataType::Float64,
            // Texts may be longer than offsets of 32 bits reach.
            Kind::Null | Kind::Text | Kind::Any => DataType::LargeUtf8,
            Kind::List(element) => DataType::List(Arc::new(Field::new("item", element.data_type(), true))),
            Kind::Object(fields) => {
                let field = |(name, kind): &(String, Kind)| Field::new(name, kind.data_type(), true);
                DataType::Struct(fields.iter().map(field).collect())
            }
        }
    }
}

/// The fields of the records seen so far, in the order of their first values.
#[derive(Debug, Default)]
pub(super) struct Shape {
    places: HashMap<String, usize>,
    columns: Vec<(String, Kind)>,
}

impl Shape {
    /// Of records whose values are all text.
    pub fn of_texts<'n>(names: impl IntoIterator<Item = &'n str>) -> Shape {
        let mut shape = Shape::default();
        names.into_iter().for_each(|name| shape.column(Cow::Borrowed(name), Kind::Text));
        shape
    }

    /// Sees one record more.
    ///
    /// # Errors
    /// A record that is no JSON object.
    pub fn see(&mut self, record: &str) -> Result<(), String> {
        named(members(record)?, |name, raw| self.column(name, Kind::of(raw, 0)));
        Ok(())
    }

    /// Sees what another saw, behind what it saw itself.
    pub fn merge(&mut self, other: Shape) {
        other.columns.into_iter().for_each(|(name, kind)| self.column(Cow::Owned(name), kind));
    }

    fn column(&mut self, name: Cow<'_, str>, kind: Kind) {
        match self.places.get(&*name) {
            Some(&place) => {
                let known = &mut self.columns[place].1;
                *known = std::mem::replace(known, Kind::Null).and(kind);
            }
            None => {
                self.places.insert(name.to_string(), self.columns.len());
                self.columns.push((name.into_owned(), kind));
            }
        }
    }

    /// The columns of a table whose documents stand in the column `text`.
    ///
    /// # Errors
    /// Why there is no such table.
    pub fn columns(mut self, text: &str) -> Result<Columns, String> {
        if self.columns.len() > MOST_COLUMNS {
            return Err(format!("its records have {} different fields", self.columns.len()));
        }
        if !self.places.contains_key(text) {
            self.column(Cow::Borrowed(text), Kind::Text);
        }
        let many = self.columns.iter().map(|c| c.1.leaves()).sum::<usize>() > MOST_VALUES;
        for (name, kind) in &mut self.columns {
            let nested = matches!(kind, Kind::List(_) | Kind::Object(_));
            if name == text {
                *kind = Kind::Text;
            } else if kind.has_empty_object() || (many && nested) {
                *kind = Kind::Any;
            }
        }
        Ok(Columns { places: self.places, columns: self.columns, text: text.to_owned() })
    }
}

/// Calls `each` with the fields of a record. Of those of one name the last keeps it, for it is the one that readers of JSON
/// take; the others get numbers behind it.
fn named<'r>(members: Vec<(Cow<'r, str>, &'r str)>, mut each: impl FnMut(Cow<'r, str>, &'r str)) {
    let mut names = distinct(members.iter().rev().map(|m| m.0.clone()));
    for (_, raw) in members {
        each(names.pop().expect("a name for each"), raw);
    }
}

/// Names that are all different: the first of its kind keeps its name, those behind it get numbers.
pub(super) fn distinct<'n>(names: impl Iterator<Item = Cow<'n, str>>) -> Vec<Cow<'n, str>> {
    let mut known: HashSet<Cow<'n, str>> = HashSet::new();
    names
        .map(|name| {
            let mut own = name.clone();
            for n in 1.. {
                if known.insert(own.clone()) {
                    break;
                }
                own = format!("{name}.{n}").into();
            }
            own
        })
        .collect()
}

/// The columns of a table.
#[derive(Debug)]
pub(super) struct Columns {
    places: HashMap<String, usize>,
    columns: Vec<(String, Kind)>,
    text: String,
}

impl Columns {
    /// The schema of Arrow, with one column more if there is one.
    ///
    /// # Errors
    /// A column of that name is there already.
    pub fn schema(&self, more: Option<Field>) -> Result<SchemaRef, String> {
        let mut fields: Vec<Field> =
            self.columns.iter().map(|(name, kind)| Field::new(name, kind.data_type(), true)).collect();
        if let Some(field) = more {
            self.refuse(field.name())?;
            fields.push(field);
        }
        Ok(Arc::new(Schema::new(Fields::from(fields))))
    }

    fn refuse(&self, name: &str) -> Result<(), String> {
        let there = self.places.contains_key(name);
        if there { Err(format!("there is a field `{name}` in its records already")) } else { Ok(()) }
    }

    /// The header of a table of comma-separated values.
    ///
    /// # Errors
    /// As [`Columns::schema`].
    pub fn header(&self, more: Option<&str>) -> Result<Vec<u8>, String> {
        more.map_or(Ok(()), |name| self.refuse(name))?;
        let names = self.columns.iter().map(|c| c.0.as_str()).chain(more);
        let names: Vec<String> = names.map(quoted).collect();
        Ok((names.join(",") + "\n").into_bytes())
    }

    /// A record as a line of JSON whose values are those of the columns. What is no field of theirs stays as it is.
    ///
    /// # Errors
    /// A record that is no JSON object.
    pub fn line(&self, record: &str, out: &mut Vec<u8>) -> Result<(), String> {
        let spelt = |text: &str| serde_json::to_string(text).expect("a string is always JSON");
        let mut mark = b'{';
        named(members(record)?, |name, raw| {
            out.push(std::mem::replace(&mut mark, b','));
            out.extend_from_slice(spelt(&name).as_bytes());
            out.push(b':');
            let any = self.places.get(&*name).is_some_and(|&p| self.columns[p].1 == Kind::Any);
            if any && raw != "null" {
                out.extend_from_slice(spelt(raw).as_bytes());
            } else if *name == self.text && has_lone_surrogate(raw) {
                out.extend_from_slice(spelt(&unescape(&raw[1..raw.len() - 1])).as_bytes());
            } else {
                out.extend_from_slice(raw.as_bytes());
            }
        });
        if mark == b'{' {
            out.push(b'{');
        }
        out.extend_from_slice(b"}\n");
        Ok(())
    }

    /// A record as a row of comma-separated values: texts in quotes, arrays and objects as JSON in quotes, null as nothing.
    /// A field behind the columns makes one value more.
    ///
    /// # Errors
    /// A record that is no JSON object.
    pub fn row(&self, record: &str, out: &mut Vec<u8>) -> Result<(), String> {
        let mut values: Vec<&str> = vec![""; self.columns.len()];
        named(members(record)?, |name, raw| match self.places.get(&*name) {
            Some(&place) => values[place] = raw,
            None => values.push(raw),
        });
        for (place, raw) in values.into_iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            let is_text = self.columns.get(place).is_some_and(|c| c.0 == self.text);
            match raw.as_bytes().first() {
                None | Some(b'n') => {}
                Some(b'"') if is_text || !has_lone_surrogate(raw) => {
                    out.extend_from_slice(quoted(&unescape(&raw[1..raw.len() - 1])).as_bytes());
                }
                Some(b'"' | b'[' | b'{') => out.extend_from_slice(quoted(raw).as_bytes()),
                _ => out.extend_from_slice(raw.as_bytes()),
            }
        }
        out.push(b'\n');
        Ok(())
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(records: &[&str]) -> Columns {
        let mut shape = Shape::default();
        records.iter().for_each(|r| shape.see(r).unwrap());
        // However the records are shared out, the columns are the same.
        let mut parts = Shape::default();
        for record in records {
            let mut part = Shape::default();
            part.see(record).unwrap();
            parts.merge(part);
        }
        assert_eq!(parts.columns, shape.columns);
        shape.columns("text").unwrap()
    }

    fn kind(records: &[&str]) -> String {
        let columns = columns(records);
        columns.schema(None).unwrap().field(0).data_type().to_string()
            + if columns.columns[0].1 == Kind::Any { "!" } else { "" }
    }

    #[test]
    fn a_column_is_of_the_narrowest_type_that_gives_its_values_back() {
        for (values, wanted) in [
            (&["1", "null", "-9223372036854775808"][..], "Int64"),
            (&["1", "2.5"], "Float64"),
            (&["9007199254740993", "2.5"], "LargeUtf8!"),
            (&["9223372036854775808"], "LargeUtf8!"),
            (&["0.10000000000000000555"], "LargeUtf8!"),
            (&["0.10000000000000001", "1.2345678901234567", "1.50", "-0.0"], "Float64"),
            (&["9007199254740993.0"], "LargeUtf8!"),
            (&["1.2345678901234567e-310"], "LargeUtf8!"),
            (&["1e400"], "LargeUtf8!"),
            (&["1e-400"], "LargeUtf8!"),
            (&["-0"], "Float64"),
            (&["true", "false"], "Boolean"),
            (&["null"], "LargeUtf8"),
            (&["\"a\"", "null"], "LargeUtf8"),
            (&["\"a\"", "1"], "LargeUtf8!"),
            (&[r#""\ud800""#], "LargeUtf8!"),
            (&["[]", "[1]", "[null]"], "List(Int64)"),
            (&["[1,\"a\"]"], "LargeUtf8!"),
            (&["{}"], "LargeUtf8!"),
            (&["{}", r#"{"a":1}"#, r#"{"b":[true]}"#], "Struct(\"a\": Int64, \"b\": List(Boolean))"),
            (&[r#"{"a":1,"a":2}"#], "LargeUtf8!"),
            (&[r#"{"a":1}"#, r#"{"a":{}}"#], "LargeUtf8!"),
        ] {
            let records: Vec<String> =
                values.iter().map(|v| format!("{{\"a\":{v},\"text\":\"\"}}")).collect();
            let records: Vec<&str> = records.iter().map(String::as_str).collect();
            assert_eq!(kind(&records), wanted, "{values:?}");
        }
        let deep = format!("{{\"a\":{}{},\"text\":\"\"}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(kind(&[&deep]), "LargeUtf8!");
        let keys: Vec<String> =
            (0..=MOST_KEYS).map(|n| format!("{{\"a\":{{\"{n}\":1}},\"text\":\"\"}}")).collect();
        assert_eq!(kind(&keys.iter().map(String::as_str).collect::<Vec<_>>()), "LargeUtf8!");
    }

    #[test]
    fn rows_hold_the_values_as_they_stand() {
        let records = [
            r#"{"id":1,"text":"a \"b\"\n","tags":["x"],"id":"again"}"#,
            r#"{"text":"\ud800","odd":"\ud800","n":1.50,"\u0069d":null,"meta":{"a": 1}}"#,
        ];
        let columns = columns(&records);
        let mut rows = columns.header(None).unwrap();
        records.iter().for_each(|r| columns.row(r, &mut rows).unwrap());
        assert_eq!(
            String::from_utf8(rows).unwrap(),
            "\"id.1\",\"text\",\"tags\",\"id\",\"odd\",\"n\",\"meta\"\n1,\"a \"\"b\"\"\n\",\"[\"\"x\"\"]\",\"again\",,,\n\
             ,\"\u{fffd}\",,,\"\"\"\\ud800\"\"\",1.50,\"{\"\"a\"\": 1}\"\n"
        );
        let mut lines = Vec::new();
        records.iter().for_each(|r| columns.line(r, &mut lines).unwrap());
        assert_eq!(
            String::from_utf8(lines).unwrap(),
            "{\"id.1\":1,\"text\":\"a \\\"b\\\"\\n\",\"tags\":[\"x\"],\"id\":\"again\"}\n\
             {\"text\":\"\u{fffd}\",\"odd\":\"\\\"\\\\ud800\\\"\",\"n\":1.50,\"id\":null,\"meta\":{\"a\": 1}}\n"
        );
    }
}
