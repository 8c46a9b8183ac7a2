//! What printers are asked about their state, and what their answers mean.

use core::fmt;

use crate::backend::Format;

/// Why a printer cannot print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// The labels ran out.
    PaperOut,
    /// The labels are jammed.
    Jam,
    /// The head or the cover is open.
    Open,
    /// The ribbon ran out.
    RibbonOut,
    /// Somebody pressed pause.
    Paused,
    /// Something else.
    Fault,
}

impl Condition {
    /// A short stable name, for translation.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PaperOut => "paper-out",
            Self::Jam => "jam",
            Self::Open => "open",
            Self::RibbonOut => "ribbon-out",
            Self::Paused => "paused",
            Self::Fault => "fault",
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PaperOut => "out of labels",
            Self::Jam => "jammed",
            Self::Open => "its head or cover is open",
            Self::RibbonOut => "out of ribbon",
            Self::Paused => "paused",
            Self::Fault => "it reports a fault",
        })
    }
}

/// The question of a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// `ESC ! ?`: one byte of flags.
    Tspl,
    /// `~HS`: three lines between STX and ETX.
    Zpl,
    /// `DLE EOT 2`: one byte of flags.
    EscPos,
}

/// End of one of the lines that answer `~HS`.
const ETX: u8 = 3;

/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 256;

impl Question {
    /// The question of a format, if it has one.
    pub(crate) const fn of(format: Format) -> Option<Self> {
        match format {
            Format::Tspl => Some(Self::Tspl),
            Format::Zpl => Some(Self::Zpl),
            Format::EscPos => Some(Self::EscPos),
            Format::Png | Format::Svg | Format::Pdf => None,
        }
    }

    pub(crate) const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Tspl => b"\x1b!?",
            Self::Zpl => b"~HS",
            Self::EscPos => b"\x10\x04\x02",
        }
    }

    /// Whether the answer is complete.
    pub(crate) fn is_answered(self, answer: &[u8]) -> bool {
        match self {
            Self::Tspl | Self::EscPos => !answer.is_empty(),
            Self::Zpl => {
                answer.split(|byte| *byte == ETX).count() > 3 || answer.len() >= ANSWER_BYTES_MAX
            }
        }
    }

    /// Why the printer cannot print; `None` if it can, or is just printing.
    pub(crate) fn condition(self, answer: &[u8]) -> Option<Condition> {
        let flags = answer.first().copied().unwrap_or_default();
        let of = |meanings: &[(u8, Condition)]| {
            meanings
                .iter()
                .find(|(flag, _)| flags & flag != 0)
                .map(|(_, condition)| *condition)
        };
        match self {
            Self::Tspl => of(&[
                (0x02, Condition::Jam),
                (0x04, Condition::PaperOut),
                (0x01, Condition::Open),
                (0x08, Condition::RibbonOut),
                (0x10, Condition::Paused),
                (0x40, Condition::Open),
                (0x80, Condition::Fault),
            ]),
            Self::EscPos => of(&[
                (0x20, Condition::PaperOut),
                (0x04, Condition::Open),
                (0x40, Condition::Fault),
            ]),
            Self::Zpl => zpl_condition(answer),
        }
    }
}

/// The second and third field of the first line are paper out and pause; the third and fourth of
/// the second line are head up and ribbon out.
fn zpl_condition(answer: &[u8]) -> Option<Condition> {
    let text = String::from_utf8_lossy(answer);
    let lines: Vec<Vec<&str>> = text
        .split('\u{3}')
        .map(|line| {
            line.trim_start_matches(['\u{2}', '\r', '\n'])
                .split(',')
                .collect()
        })
        .collect();
    let is_set = |line: usize, field: usize| {
        let found = lines.get(line).and_then(|line| line.get(field));
        found.is_some_and(|field| *field == "1")
    };
    [
        (is_set(0, 1), Condition::PaperOut),
        (is_set(1, 2), Condition::Open),
        (is_set(1, 3), Condition::RibbonOut),
        (is_set(0, 2), Condition::Paused),
    ]
    .into_iter()
    .find(|(set, _)| *set)
    .map(|(_, condition)| condition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_each_language_means_them() {
        for (question, answer, meant) in [
            (Question::Tspl, &b"\0"[..], None),
            (Question::Tspl, b"\x20", None),
            (Question::Tspl, b"\x03", Some(Condition::Jam)),
            (Question::Tspl, b"\x05", Some(Condition::PaperOut)),
            (Question::Tspl, b"\x10", Some(Condition::Paused)),
            (Question::Tspl, b"\x88", Some(Condition::RibbonOut)),
            (Question::EscPos, b"\x12", None),
            (Question::EscPos, b"\x32", Some(Condition::PaperOut)),
            (Question::EscPos, b"\x16", Some(Condition::Open)),
        ] {
            assert!(question.is_answered(answer));
            assert_eq!(question.condition(answer), meant, "{question:?} {answer:?}");
            assert!(!question.is_answered(b""));
        }
    }

    #[test]
    fn zebras_answer_has_three_lines() {
        let answer = |paper, pause, head, ribbon| {
            format!(
                "\u{2}030,{paper},{pause},1245,000,0,0,0,000,0,0,0\u{3}\r\n\
                 \u{2}000,0,{head},{ribbon},0,2,4,0,00000000,1,000\u{3}\r\n\u{2}1234,0\u{3}\r\n"
            )
        };
        let condition = |text: &str| Question::Zpl.condition(text.as_bytes());
        assert!(Question::Zpl.is_answered(answer(0, 0, 0, 0).as_bytes()));
        assert!(!Question::Zpl.is_answered(b"\x02030,0\x03"));
        assert_eq!(condition(&answer(0, 0, 0, 0)), None);
        assert_eq!(condition(&answer(1, 1, 0, 0)), Some(Condition::PaperOut));
        assert_eq!(condition(&answer(0, 1, 0, 0)), Some(Condition::Paused));
        assert_eq!(condition(&answer(0, 0, 1, 0)), Some(Condition::Open));
        assert_eq!(condition(&answer(0, 0, 0, 1)), Some(Condition::RibbonOut));
        assert_eq!(condition("nonsense"), None);
    }

    #[test]
    fn every_condition_has_a_name_and_words() {
        for condition in [
            Condition::PaperOut,
            Condition::Jam,
            Condition::Open,
            Condition::RibbonOut,
            Condition::Paused,
            Condition::Fault,
        ] {
            assert!(
                condition
                    .name()
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c == '-')
            );
            assert!(!condition.to_string().is_empty());
        }
        assert_eq!(Question::of(Format::Pdf), None);
    }
}
