//! The server's word that packs are in the database, `{"sq":[17,18]}`: the only thing that lets a
//! node forget. A small reader of this one JSON object without a heap, not a JSON library. It
//! reads the whole text before it believes any of it, and passes over members it does not know.

use core::str;

/// Longest text that is looked at, bytes; a server sends far less.
pub const BYTES_MAX: usize = 16 * 1024;

/// Why a text is no such word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CommittedError {
    /// More than [`BYTES_MAX`] bytes.
    #[error("the message is longer than {BYTES_MAX} bytes")]
    TooLong,
    /// It is not the JSON that was agreed on.
    #[error("the message is not {{\"sq\":[…]}} from byte {0} on")]
    Syntax(usize),
    /// A pack number does not fit.
    #[error("a pack number does not fit 32 bits")]
    Number,
    /// There is no member `sq`, or more than one.
    #[error("the message does not have exactly one member \"sq\"")]
    Member,
}

/// The pack numbers of a message, in its order.
pub fn sequences(message: &[u8]) -> Result<Sequences<'_>, CommittedError> {
    if message.len() > BYTES_MAX {
        return Err(CommittedError::TooLong);
    }
    let mut reader = Reader {
        text: message,
        at: 0,
    };
    let mut found = None;
    reader.require(b'{')?;
    if !reader.take(b'}') {
        loop {
            let name = reader.string()?;
            reader.require(b':')?;
            if name == b"sq" {
                if found.is_some() {
                    return Err(CommittedError::Member);
                }
                found = Some(reader.numbers()?);
            } else {
                reader.skip_value()?;
            }
            if !reader.take(b',') {
                break;
            }
        }
        reader.require(b'}')?;
    }
    reader.blanks();
    if reader.at != message.len() {
        return Err(reader.fault());
    }
    found
        .map(|list| Sequences { list })
        .ok_or(CommittedError::Member)
}

/// Iterates over pack numbers of a text that was read through already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequences<'a> {
    list: &'a [u8],
}

impl Iterator for Sequences<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let start = self.list.iter().position(u8::is_ascii_digit)?;
        let rest = self.list.get(start..)?;
        let end = rest
            .iter()
            .position(|byte| !byte.is_ascii_digit())
            .unwrap_or(rest.len());
        let (digits, rest) = rest.split_at(end);
        self.list = rest;
        parse_number(digits)
    }
}

fn parse_number(digits: &[u8]) -> Option<u32> {
    str::from_utf8(digits).ok()?.parse().ok()
}

/// Walks over JSON text; every method leaves out blanks before what it reads.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    const fn fault(&self) -> CommittedError {
        CommittedError::Syntax(self.at)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        self.blanks();
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn require(&mut self, byte: u8) -> Result<(), CommittedError> {
        if self.take(byte) {
            Ok(())
        } else {
            Err(self.fault())
        }
    }

    /// The bytes between two quotes, escapes left as they are.
    fn string(&mut self) -> Result<&'a [u8], CommittedError> {
        self.require(b'"')?;
        let start = self.at;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
                None => return Err(self.fault()),
            }
        }
        let inside = self
            .text
            .get(start..self.at)
            .ok_or(CommittedError::Syntax(start))?;
        self.at += 1;
        Ok(inside)
    }

    /// An array of whole numbers; gives its text back for [`Sequences`].
    fn numbers(&mut self) -> Result<&'a [u8], CommittedError> {
        self.require(b'[')?;
        let start = self.at;
        if !self.take(b']') {
            loop {
                self.number()?;
                if !self.take(b',') {
                    break;
                }
            }
            self.require(b']')?;
        }
        self.text
            .get(start..self.at)
            .ok_or(CommittedError::Syntax(start))
    }

    fn number(&mut self) -> Result<(), CommittedError> {
        self.blanks();
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = self.text.get(start..self.at).unwrap_or_default();
        if digits.is_empty() {
            return Err(self.fault());
        }
        parse_number(digits)
            .map(|_| ())
            .ok_or(CommittedError::Number)
    }

    /// Passes over a value of any kind. Brackets are counted, not matched: what is passed over
    /// decides nothing.
    fn skip_value(&mut self) -> Result<(), CommittedError> {
        let mut depth = 0_u32;
        loop {
            self.blanks();
            match self.peek() {
                Some(b'"') => {
                    self.string()?;
                }
                Some(b'{' | b'[') => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                Some(b'}' | b']') if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                Some(b',' | b':') if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                Some(byte) if byte.is_ascii_alphanumeric() || byte == b'-' => self.word(),
                _ => return Err(self.fault()),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) {
        let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
        while self.peek().is_some_and(part) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::format;
    use std::vec;
    use std::vec::Vec;

    fn read(text: &str) -> Result<Vec<u32>, CommittedError> {
        sequences(text.as_bytes()).map(Iterator::collect)
    }

    #[test]
    fn the_agreed_message_gives_its_numbers() {
        assert_eq!(read(r#"{"sq":[17,18]}"#), Ok(vec![17, 18]));
        assert_eq!(
            read(" { \"sq\" : [ 0 ,\n4294967295 ] } \r\n"),
            Ok(vec![0, u32::MAX])
        );
        assert_eq!(read(r#"{"sq":[]}"#), Ok(vec![]));
    }

    #[test]
    fn members_that_are_not_known_are_passed_over() {
        let text = r#"{"at":"2026-11-23T00:00:00Z","n":-1.5e3,"x":{"sq":[1],"y":["]\"",null]},
            "sq":[7],"ok":true}"#;
        assert_eq!(read(text), Ok(vec![7]));
    }

    #[test]
    fn what_is_not_the_agreed_message_forgets_nothing() {
        assert_eq!(read(r#"{"sq":[1,2"#), Err(CommittedError::Syntax(10)));
        assert_eq!(read(r#"{"sq":[1]} x"#), Err(CommittedError::Syntax(11)));
        assert_eq!(read(r#"{"sq":[1,]}"#), Err(CommittedError::Syntax(9)));
        assert_eq!(read(r#"{"sq":[-1]}"#), Err(CommittedError::Syntax(7)));
        assert_eq!(read(r#"{"sq":[1.5]}"#), Err(CommittedError::Syntax(8)));
        assert_eq!(read(r#"{"sq":["1"]}"#), Err(CommittedError::Syntax(7)));
        assert_eq!(read(r#"{"sq":1}"#), Err(CommittedError::Syntax(6)));
        assert_eq!(read(r#"{"sq":[4294967296]}"#), Err(CommittedError::Number));
        assert_eq!(read(r#"{"sq":[1],"sq":[2]}"#), Err(CommittedError::Member));
        assert_eq!(read("{}"), Err(CommittedError::Member));
        assert_eq!(read(""), Err(CommittedError::Syntax(0)));
        assert_eq!(read(r#"{"a":"\"#), Err(CommittedError::Syntax(8)));
    }

    #[test]
    fn a_message_beyond_the_bound_is_refused() {
        let text = format!("{{\"sq\":[{}1]}}", "1,".repeat(BYTES_MAX / 2));
        assert_eq!(read(&text), Err(CommittedError::TooLong));
    }

    proptest! {
        #[test]
        fn every_list_reads_back(numbers in proptest::collection::vec(any::<u32>(), 0..40)) {
            prop_assert_eq!(read(&format!("{{\"sq\":{numbers:?}}}")), Ok(numbers));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(list) = sequences(&bytes) {
                prop_assert!(list.count() <= bytes.len());
            }
        }

        #[test]
        fn no_text_of_json_marks_makes_the_reader_panic(text in "[\\[\\]{}\",:\\\\sq0-9 ]{0,40}") {
            if let Ok(list) = sequences(text.as_bytes()) {
                prop_assert!(list.count() <= text.len());
            }
        }
    }
}
