//! The printers' languages as the mock printer hears them: command by command from a stream.

use std::io::{self, BufRead, Read};

use super::take;
use crate::{Bitmap, Format};

/// What one command led to.
pub(super) enum Heard {
    /// Nothing that shows.
    Nothing,
    /// A question about the printer's state.
    Question,
    /// A label came out.
    Label(Bitmap),
}

/// What has been drawn on the label that is in the printer.
#[derive(Debug, Default)]
pub(super) struct Page {
    width: u32,
    height: u32,
    rows: Vec<u8>,
}

impl Page {
    fn eject(&mut self) -> io::Result<Heard> {
        let page = std::mem::take(self);
        let bitmap = Bitmap::from_bytes(page.width, page.height, page.rows);
        bitmap
            .map(Heard::Label)
            .ok_or_else(|| invalid("a label whose rows do not add up"))
    }

    fn draw(&mut self, row_bytes: usize, rows: Vec<u8>) {
        self.width = row_bytes as u32 * 8;
        self.height = (rows.len() / row_bytes.max(1)) as u32;
        self.rows = rows;
    }
}

fn invalid(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

/// The answer to the language's question.
pub(super) const fn answer(language: Format, is_out: bool) -> &'static [u8] {
    match (language, is_out) {
        (Format::Zpl, false) => {
            b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n"
        }
        (Format::Zpl, true) => {
            b"\x02030,1,0,1245,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n"
        }
        (Format::EscPos, false) => b"\x12",
        (Format::EscPos, true) => b"\x32",
        (_, false) => b"\0",
        (_, true) => b"\x04",
    }
}

/// Reads one command and does it.
pub(super) fn hear(
    reader: &mut impl BufRead,
    language: Format,
    page: &mut Page,
) -> io::Result<Heard> {
    match language {
        Format::Zpl => hear_zpl(reader, page),
        Format::EscPos => hear_escpos(reader, page),
        _ => hear_tspl(reader, page),
    }
}

fn byte(reader: &mut impl Read) -> io::Result<u8> {
    take(reader, 1).map(|bytes| bytes[0])
}

/// Reads up to and without a byte, or so many commas.
fn until(reader: &mut impl Read, end: u8) -> io::Result<String> {
    let mut read = Vec::new();
    loop {
        match byte(reader)? {
            found if found == end => break,
            found if read.len() < 256 => read.push(found),
            _ => return Err(invalid("a command without an end")),
        }
    }
    String::from_utf8(read).map_err(|_| invalid("a command that is not text"))
}

fn number(text: &str) -> io::Result<usize> {
    text.trim()
        .parse()
        .map_err(|_| invalid(format!("{text:?} is no number")))
}

fn hear_tspl(reader: &mut impl BufRead, page: &mut Page) -> io::Result<Heard> {
    let first = byte(reader)?;
    if first == 0x1B {
        return match take(reader, 2)?.as_slice() {
            b"!?" => Ok(Heard::Question),
            other => Err(invalid(format!("escape {other:?}"))),
        };
    }
    let mut word = String::from(char::from(first));
    loop {
        match byte(reader)? {
            b'\n' => break,
            b' ' if word == "BITMAP" => {
                let measures: Vec<String> = (0..5)
                    .map(|_| until(reader, b','))
                    .collect::<Result<_, _>>()?;
                let (row_bytes, rows) = (number(&measures[2])?, number(&measures[3])?);
                let dots = take(reader, row_bytes * rows)?;
                page.draw(row_bytes, dots.iter().map(|byte| !byte).collect());
                // The line goes on to its end.
                until(reader, b'\n')?;
                return Ok(Heard::Nothing);
            }
            other => word.push(char::from(other)),
        }
    }
    let word = word.trim_end();
    let known = ["SIZE ", "GAP ", "DIRECTION ", "CLS", "SET CUTTER "];
    if word.starts_with("PRINT ") {
        return page.eject();
    }
    let understood = word.is_empty() || known.iter().any(|known| word.starts_with(known));
    understood
        .then_some(Heard::Nothing)
        .ok_or_else(|| invalid(format!("{word:?}")))
}

fn hear_zpl(reader: &mut impl BufRead, page: &mut Page) -> io::Result<Heard> {
    match byte(reader)? {
        b'\n' => Ok(Heard::Nothing),
        b'~' => match take(reader, 2)?.as_slice() {
            b"HS" => Ok(Heard::Question),
            other => Err(invalid(format!("tilde {other:?}"))),
        },
        b'^' => {
            let command = take(reader, 2)?;
            match command.as_slice() {
                b"XA" | b"FS" => Ok(Heard::Nothing),
                b"XZ" => page.eject(),
                b"GF" => {
                    let measures: Vec<String> = (0..4)
                        .map(|_| until(reader, b','))
                        .collect::<Result<_, _>>()?;
                    let (bytes, row_bytes) = (number(&measures[1])?, number(&measures[3])?);
                    let hex = take(reader, bytes * 2)?;
                    let digit = |at: usize| char::from(hex[at]).to_digit(16).unwrap_or_default();
                    let dots = (0..bytes).map(|at| (digit(2 * at) * 16 + digit(2 * at + 1)) as u8);
                    page.draw(row_bytes, dots.collect());
                    Ok(Heard::Nothing)
                }
                b"PW" | b"LL" | b"LH" | b"FO" | b"MM" => skip_parameters(reader),
                other => Err(invalid(format!("caret {other:?}"))),
            }
        }
        other => Err(invalid(format!("byte {other}"))),
    }
}

/// Reads a ZPL command's parameters, up to the next command.
fn skip_parameters(reader: &mut impl BufRead) -> io::Result<Heard> {
    loop {
        match reader.fill_buf()?.first() {
            Some(b'^' | b'~' | b'\n') => return Ok(Heard::Nothing),
            Some(_) => reader.consume(1),
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

fn hear_escpos(reader: &mut impl BufRead, page: &mut Page) -> io::Result<Heard> {
    match byte(reader)? {
        0x10 => take(reader, 2).map(|_| Heard::Question),
        0x1B => match byte(reader)? {
            b'@' => {
                *page = Page::default();
                Ok(Heard::Nothing)
            }
            b'J' => {
                byte(reader)?;
                page.eject()
            }
            other => Err(invalid(format!("escape {other}"))),
        },
        0x1D => match byte(reader)? {
            b'v' => {
                let head = take(reader, 6)?;
                let row_bytes = usize::from(u16::from_le_bytes([head[2], head[3]]));
                let rows = usize::from(u16::from_le_bytes([head[4], head[5]]));
                let mut all = std::mem::take(&mut page.rows);
                all.extend(take(reader, row_bytes * rows)?);
                page.draw(row_bytes, all);
                Ok(Heard::Nothing)
            }
            b'V' => {
                take(reader, 2)?;
                page.eject()
            }
            other => Err(invalid(format!("group {other}"))),
        },
        other => Err(invalid(format!("byte {other}"))),
    }
}
