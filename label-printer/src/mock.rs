//! A printer for tests: it listens on TCP, understands TSPL, ZPL and ESC/POS as far as this crate
//! writes them, draws what it is sent, and fails when it is told to. It shares no code with the
//! back ends.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::{Bitmap, Format};

mod language;

use language::Heard;

/// How a printer behaves.
#[derive(Debug, Clone, Copy)]
pub struct Behaviour {
    /// What it understands.
    pub language: Format,
    /// Whether it answers questions about its state.
    pub answers: bool,
    /// After so many labels it closes the connection in the middle of the next one.
    pub closes_after: Option<u32>,
    /// After so many labels it runs out of paper, until it is mended.
    pub runs_out_after: Option<u32>,
    /// Most labels whose pictures are kept; further ones are only counted.
    pub keeps: usize,
}

impl Behaviour {
    /// A printer that never fails.
    #[must_use]
    pub const fn good(language: Format) -> Self {
        Self {
            language,
            answers: true,
            closes_after: None,
            runs_out_after: None,
            keeps: 64,
        }
    }
}

/// What came out of it.
#[derive(Debug, Default)]
struct Tray {
    labels: Vec<Bitmap>,
    count: u32,
    is_out: bool,
    complaints: Vec<String>,
}

/// A printer on a free port of this machine; it goes away when it is dropped.
#[derive(Debug)]
pub struct MockPrinter {
    address: SocketAddr,
    tray: Arc<Mutex<Tray>>,
    closing: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl MockPrinter {
    /// Starts a printer.
    pub fn start(behaviour: Behaviour) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let tray = Arc::new(Mutex::new(Tray::default()));
        let closing = Arc::new(AtomicBool::new(false));
        let (own_tray, own_closing) = (Arc::clone(&tray), Arc::clone(&closing));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if own_closing.load(Ordering::Acquire) {
                    break;
                }
                // A broken connection is what some tests are about.
                let _ = stream.and_then(|stream| serve(&stream, behaviour, &own_tray));
            }
        });
        Ok(Self {
            address,
            tray,
            closing,
            thread: Some(thread),
        })
    }

    /// Its address, as a printer's address is written.
    #[must_use]
    pub fn address(&self) -> String {
        format!("tcp://{}", self.address)
    }

    /// The labels that came out, as far as they were kept.
    #[must_use]
    pub fn labels(&self) -> Vec<Bitmap> {
        self.tray().labels.clone()
    }

    /// How many labels came out.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.tray().count
    }

    /// What it did not understand.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        self.tray().complaints.clone()
    }

    /// Puts paper in.
    pub fn mend(&self) {
        self.tray().is_out = false;
    }

    fn tray(&self) -> std::sync::MutexGuard<'_, Tray> {
        self.tray.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for MockPrinter {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Release);
        // Wakes the thread, which then sees that it is over.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(stream: &TcpStream, behaviour: Behaviour, tray: &Mutex<Tray>) -> io::Result<()> {
    let lock = || tray.lock().unwrap_or_else(PoisonError::into_inner);
    let mut answers = stream;
    let mut reader = BufReader::new(stream);
    let mut page = language::Page::default();
    let mut on_this = 0;
    loop {
        if behaviour.closes_after == Some(on_this) && has_more_than_a_question(&mut reader)? {
            return Ok(());
        }
        match language::hear(&mut reader, behaviour.language, &mut page) {
            Ok(Heard::Question) if behaviour.answers => {
                answers.write_all(language::answer(behaviour.language, lock().is_out))?;
            }
            Ok(Heard::Nothing | Heard::Question) => {}
            Ok(Heard::Label(bitmap)) => {
                on_this += 1;
                let mut tray = lock();
                // Without paper nothing comes out.
                if tray.is_out {
                    continue;
                }
                tray.count += 1;
                tray.is_out = behaviour.runs_out_after == Some(tray.count);
                if tray.labels.len() < behaviour.keeps {
                    tray.labels.push(bitmap);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                lock().complaints.push(error.to_string());
                return Err(error);
            }
            Err(error) => return Err(error),
        }
    }
}

/// Whether a label is on its way, not just a question.
fn has_more_than_a_question(reader: &mut BufReader<&TcpStream>) -> io::Result<bool> {
    Ok(reader.fill_buf()?.len() > 8)
}

/// Reads exactly so many bytes.
fn take(reader: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}
