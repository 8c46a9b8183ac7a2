//! Whether a file is a whole PDF that only says something: its head, its end, and nothing in it that
//! acts when it is opened. Names may hide in compressed parts: files are sent as attachments all the
//! same.

/// How far from its end a PDF says that it is whole: readers look in the last kilobyte, and some
/// writers add a line.
const TAIL_BYTES: usize = 2048;
/// What makes a document act, or carries another one.
const ACTIVE: [&[u8]; 5] = [
    b"/JavaScript",
    b"/JS",
    b"/Launch",
    b"/EmbeddedFile",
    b"/RichMedia",
];

/// Whether it begins and ends as a PDF does.
pub(crate) fn is_whole(bytes: &[u8]) -> bool {
    let version = bytes.strip_prefix(b"%PDF-").and_then(|rest| rest.get(..3));
    let is_known = matches!(version, Some([b'1', b'.', b'0'..=b'7'] | b"2.0"));
    is_known && holds(tail(bytes), b"%%EOF")
}

/// Whether the last cross-reference lies where the end says it does.
pub(crate) fn is_in_place(bytes: &[u8]) -> bool {
    let tail = tail(bytes);
    let at = last(tail, b"startxref").and_then(|at| number(&tail[at + 9..]));
    let table = at.and_then(|at| bytes.get(at..)).unwrap_or_default();
    let table = table.get(..64.min(table.len())).unwrap_or_default();
    table.starts_with(b"xref") || holds(table, b" obj")
}

/// The name of what would act in it, if anything.
pub(crate) fn active_name(bytes: &[u8]) -> Option<&'static str> {
    let name = ACTIVE.into_iter().find(|name| has_name(bytes, name))?;
    std::str::from_utf8(name).ok()
}

fn tail(bytes: &[u8]) -> &[u8] {
    &bytes[bytes.len().saturating_sub(TAIL_BYTES)..]
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

fn last(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes.windows(word.len()).rposition(|window| window == word)
}

/// Whether a PDF has this name, and not only one that begins with it.
fn has_name(bytes: &[u8], name: &[u8]) -> bool {
    let mut found = bytes
        .windows(name.len() + 1)
        .filter(|part| part.starts_with(name));
    found.any(|part| !part[name.len()].is_ascii_alphanumeric())
}

/// The number that follows, after blanks.
fn number(bytes: &[u8]) -> Option<usize> {
    let digits: Vec<u8> = bytes
        .iter()
        .copied()
        .skip_while(u8::is_ascii_whitespace)
        .take_while(u8::is_ascii_digit)
        .take(12)
        .collect();
    std::str::from_utf8(&digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pdf_is_known_by_its_head_and_its_end() {
        assert!(is_whole(b"%PDF-1.7\n1 0 obj\n%%EOF\n") && is_whole(b"%PDF-2.0\n%%EOF"));
        for wrong in [
            &b"%PDF-1.7\ncut off"[..],
            b"<html>%PDF-1.7 %%EOF",
            b"%PDF-1.9\n%%EOF",
            b"%PDF-",
            b"",
        ] {
            assert!(!is_whole(wrong));
        }
        assert!(!is_in_place(b"%PDF-1.7\nstartxref\n9999\n%%EOF"));
        assert!(is_in_place(b"%PDF-1.7\nxref\nstartxref\n9\n%%EOF"));
    }

    #[test]
    fn what_acts_is_named_and_a_longer_name_is_another() {
        for name in ACTIVE {
            let file = [b"<< ", name, b" (x) >>"].concat();
            assert_eq!(active_name(&file).map(str::as_bytes), Some(name));
        }
        assert_eq!(active_name(b"<< /JSON (x) /LaunchPad 1 >>"), None);
    }
}
