//! What may be attached to the record: a whole PDF or a whole JPEG, looked at by its content and
//! never by its name or by what the sender calls it.

use crate::picture;
use crate::problem::{Answer, Kind, Problem};
use crate::rule::pdf;

/// Most bytes of a report.
pub(crate) const PDF_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most bytes of a picture.
pub(crate) const JPEG_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Refuses what is no whole PDF, or acts by itself.
pub(crate) fn pdf(bytes: &[u8]) -> Answer<()> {
    if bytes.len() > PDF_BYTES_MAX {
        return Err(Problem::of(Kind::TooLarge));
    }
    if !pdf::is_whole(bytes) {
        let (en, zh) = ("the body is no whole PDF", "文件不是完整的 PDF");
        return Err(Problem::told(Kind::UnsupportedMediaType, en, zh));
    }
    if let Some(name) = pdf::active_name(bytes) {
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
