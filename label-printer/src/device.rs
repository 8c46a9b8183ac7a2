//! Sending labels to a printer: raw TCP, a device file, or IPP. It blocks, so that callers put it
//! on a thread of its own.
//!
//! The one thing to know: a label counts only after the printer took it. A printer that answers
//! questions about its state is asked after each label, and a label whose question was not
//! answered does not count.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};

use crate::backend::Format;

mod ipp;
mod status;

pub use status::Condition;

use status::Question;

/// Where raw printing listens when nobody says otherwise.
const RAW_PORT: u16 = 9100;

/// Where a printer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Raw TCP (`tcp://host:9100`).
    Tcp {
        /// Host name or address.
        host: String,
        /// Port.
        port: u16,
    },
    /// A device file (`file:///dev/usb/lp0`); it must exist.
    File(PathBuf),
    /// An IPP queue, of CUPS or of the printer itself (`ipp://host:631/printers/name`).
    Ipp(String),
}

impl FromStr for Address {
    type Err = DeviceError;
    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let refuse = || DeviceError::Address(text.to_owned());
        let (scheme, rest) = text.split_once("://").ok_or_else(refuse)?;
        match scheme {
            "tcp" => {
                let rest = rest.trim_end_matches('/');
                let (host, port) = match rest.rsplit_once(':') {
                    Some((host, port)) if !port.contains(']') => {
                        (host, port.parse().map_err(|_| refuse())?)
                    }
                    _ => (rest, RAW_PORT),
                };
                let host = host.trim_matches(['[', ']']);
                if host.is_empty() || host.contains(['/', ' ']) {
                    return Err(refuse());
                }
                Ok(Self::Tcp {
                    host: host.to_owned(),
                    port,
                })
            }
            "file" if Path::new(rest).is_absolute() => Ok(Self::File(PathBuf::from(rest))),
            "ipp" if ipp::is_address(text) => Ok(Self::Ipp(text.to_owned())),
            _ => Err(refuse()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
            Self::File(path) => write!(f, "file://{}", path.display()),
            Self::Ipp(address) => f.write_str(address),
        }
    }
}

/// Why a printer did not take a label.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// Not an address of a printer.
    #[error(
        "{0:?} is no address of a printer; write tcp://HOST:9100, file:///dev/usb/lp0 or \
         ipp://HOST:631/printers/NAME"
    )]
    Address(String),
    /// The printer cannot be reached.
    #[error("the printer {address} cannot be reached")]
    Open {
        /// The printer.
        address: Address,
        /// What the system says.
        source: io::Error,
    },
    /// The connection broke while a label was sent.
    #[error("the printer {address} broke off")]
    Broke {
        /// The printer.
        address: Address,
        /// What the system says.
        source: io::Error,
    },
    /// The printer says that it cannot print.
    #[error("the printer {address} stopped: {condition}")]
    Stopped {
        /// The printer.
        address: Address,
        /// What it says.
        condition: Condition,
    },
    /// The queue refused the job.
    #[error("the printer {address} refused the job: {reason}")]
    Refused {
        /// The printer.
        address: Address,
        /// What it says.
        reason: String,
    },
}

/// How long a printer may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// To accept a connection.
    pub connect: Duration,
    /// To take bytes of a label, or to answer after it has answered once.
    pub write: Duration,
    /// To answer the first question; a printer that does not is never asked again.
    pub first_answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            write: Duration::from_secs(30),
            first_answer: Duration::from_secs(1),
        }
    }
}

/// A printer that takes labels one by one.
#[derive(Debug)]
pub struct Device {
    address: Address,
    format: Format,
    patience: Patience,
    way: Way,
    /// Whether it answers questions; unknown before the first one.
    answers: Option<bool>,
    taken: u32,
}

#[derive(Debug)]
enum Way {
    Tcp(TcpStream),
    File(File),
    Ipp(ipp::Queue),
}

impl Device {
    /// Opens the way to a printer and, where its language can, asks how it is.
    pub fn open(
        address: &Address,
        format: Format,
        patience: Patience,
    ) -> Result<Self, DeviceError> {
        let open = |source| DeviceError::Open {
            address: address.clone(),
            source,
        };
        let way = match address {
            Address::Tcp { host, port } => Way::Tcp(connect(host, *port, patience).map_err(open)?),
            Address::File(path) => {
                Way::File(OpenOptions::new().append(true).open(path).map_err(open)?)
            }
            Address::Ipp(uri) => Way::Ipp(ipp::Queue::new(uri, format, patience.write)),
        };
        let mut device = Self {
            address: address.clone(),
            format,
            patience,
            way,
            answers: None,
            taken: 0,
        };
        device.ask()?;
        Ok(device)
    }

    /// Sends a label and waits until the printer has it.
    pub fn send(&mut self, label: &[u8]) -> Result<(), DeviceError> {
        match &mut self.way {
            Way::Tcp(stream) => stream.write_all(label),
            Way::File(file) => file.write_all(label),
            Way::Ipp(queue) => {
                let sent = queue.push(label);
                self.taken += sent.map_err(|reason| self.refused(reason))?;
                return Ok(());
            }
        }
        .map_err(|source| self.broke(source))?;
        self.ask()?;
        self.taken += 1;
        Ok(())
    }

    /// Sends what was held back to make one job of it.
    pub fn finish(&mut self) -> Result<(), DeviceError> {
        if let Way::Ipp(queue) = &mut self.way {
            let sent = queue.flush();
            self.taken += sent.map_err(|reason| self.refused(reason))?;
        }
        Ok(())
    }

    /// Labels that the printer took.
    #[must_use]
    pub const fn taken(&self) -> u32 {
        self.taken
    }

    fn broke(&self, source: io::Error) -> DeviceError {
        DeviceError::Broke {
            address: self.address.clone(),
            source,
        }
    }

    fn refused(&self, reason: String) -> DeviceError {
        DeviceError::Refused {
            address: self.address.clone(),
            reason,
        }
    }

    /// Asks how the printer is, if it ever answers.
    fn ask(&mut self) -> Result<(), DeviceError> {
        let (Way::Tcp(stream), Some(question)) = (&mut self.way, Question::of(self.format)) else {
            return Ok(());
        };
        let patience = match self.answers {
            Some(false) => return Ok(()),
            Some(true) => self.patience.write,
            None => self.patience.first_answer,
        };
        match put(stream, question, patience) {
            Ok(None) => self.answers = Some(true),
            Ok(Some(condition)) => {
                return Err(DeviceError::Stopped {
                    address: self.address.clone(),
                    condition,
                });
            }
            Err(error) if self.answers.is_none() && is_silence(&error) => {
                self.answers = Some(false);
            }
            Err(error) => return Err(self.broke(error)),
        }
        Ok(())
    }
}

fn is_silence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// Puts a question and reads its answer byte by byte, because answers have no length before them.
fn put(
    stream: &mut TcpStream,
    question: Question,
    patience: Duration,
) -> io::Result<Option<Condition>> {
    stream.write_all(question.bytes())?;
    stream.set_read_timeout(Some(patience))?;
    let mut answer = Vec::new();
    while !question.is_answered(&answer) {
        let mut byte = [0];
        if stream.read(&mut byte)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        answer.push(byte[0]);
    }
    Ok(question.condition(&answer))
}

fn connect(host: &str, port: u16, patience: Patience) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, patience.connect) {
            Ok(stream) => {
                stream.set_write_timeout(Some(patience.write))?;
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests;
