//! What may be attached to the record: a whole PDF or a whole JPEG, looked at by its content and
//! never by its name or by what the sender calls it.

use crate::picture;
use crate::problem::{Answer, Kind, Problem};

/// Most bytes of a report.
pub(crate) const PDF_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most bytes of a picture.
pub(crate) const JPEG_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How far from its ends a PDF says what it is: readers look for the end in the last kilobyte.
const PDF_TAIL: usize = 1024;
/// What makes a document act when it is opened. Names may hide in compressed parts: files are sent
/// as attachments all the same.
const PDF_ACTIVE: [&[u8]; 4] = [b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile"];

/// Refuses what is no whole PDF, or acts by itself.
pub(crate) fn pdf(bytes: &[u8]) -> Answer<()> {
    if bytes.len() > PDF_BYTES_MAX {
        return Err(Problem::of(Kind::TooLarge));
    }
    let tail = &bytes[bytes.len().saturating_sub(PDF_TAIL)..];
    let is_pdf = [&b"%PDF-1."[..], b"%PDF-2."]
        .iter()
        .any(|head| bytes.starts_with(head));
    if !is_pdf || !has(tail, b"%%EOF") {
        let (en, zh) = ("the body is no whole PDF", "文件不是完整的 PDF");
        return Err(Problem::told(Kind::UnsupportedMediaType, en, zh));
    }
    if let Some(name) = PDF_ACTIVE.iter().find(|name| has_name(bytes, name)) {
        let name = String::from_utf8_lossy(name);
        let en = format!("the PDF has {name}: a report says something and does nothing");
        let zh = format!("PDF 含有 {name}，检测报告不得带有可执行内容");
        return Err(Problem::invalid("body", en, zh));
    }
    Ok(())
}

/// Refuses what is no whole JPEG. Decoding takes a moment: call it beside the server's tasks.
pub(crate) fn jpeg(bytes: &[u8]) -> Answer<()> {
    if bytes.len() > JPEG_BYTES_MAX {
        return Err(Problem::of(Kind::TooLarge));
    }
    picture::check(bytes).map_err(|broken| {
        let en = broken.to_string();
        Problem::told(Kind::UnsupportedMediaType, en, "文件不是完整的 JPEG 照片")
    })
}

fn has(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|part| part == wanted)
}

/// Whether a PDF has this name, and not only one that begins with it.
fn has_name(bytes: &[u8], name: &[u8]) -> bool {
    let found = bytes.windows(name.len() + 1);
    let mut found = found.filter(|part| part.starts_with(name));
    found.any(|part| !part[name.len()].is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(answer: Answer<()>) -> Option<u16> {
        answer.err().map(|problem| problem.kind.status().as_u16())
    }

    #[test]
    fn a_pdf_is_known_by_its_head_and_its_end() {
        let good = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n";
        assert_eq!(refused(pdf(good)), None);
        assert_eq!(refused(pdf(b"%PDF-1.7\ncut off")), Some(415));
        assert_eq!(refused(pdf(b"<html>%PDF-1.7 %%EOF")), Some(415));
        assert_eq!(refused(pdf(b"")), Some(415));
        assert_eq!(refused(pdf(&vec![0; PDF_BYTES_MAX + 1])), Some(413));
    }

    #[test]
    fn a_pdf_that_acts_is_refused_and_a_longer_name_is_not() {
        let with = |part: &str| format!("%PDF-1.7\n<< {part} >>\n%%EOF\n");
        for part in [
            "/JavaScript (x)",
            "/JS (x)",
            "/S /Launch",
            "/EmbeddedFile 3 0 R",
        ] {
            assert_eq!(refused(pdf(with(part).as_bytes())), Some(422), "{part}");
        }
        assert_eq!(refused(pdf(with("/JSON (x)").as_bytes())), None);
    }

    #[test]
    fn what_is_no_picture_is_told_so() {
        assert_eq!(refused(jpeg(b"%PDF-1.7")), Some(415));
        assert_eq!(refused(jpeg(&[0xff, 0xd8, 0xff, 0xd9])), Some(415));
    }
}
