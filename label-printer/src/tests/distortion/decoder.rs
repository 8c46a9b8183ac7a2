//! Two decoders that share no code with ours: zbar, and zxing-cpp from `PyPI` or from Debian.

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Prints for each file of standard input what `ZXingReader -1` prints.
const ZXING: &str = "
import sys, zxingcpp
for line in sys.stdin:
    name = line.rstrip('\\n')
    with open(name, 'rb') as file:
        _, size, _, dots = file.read().split(b'\\n', 3)
    width, height = (int(number) for number in size.split())
    image = memoryview(dots).cast('B', shape=[height, width])
    found = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    for code in found[:1]:
        print(f'{name} QRCode \"{code.text}\"')
";

/// A folder for pictures that goes away.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("suyuan-distortion-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        std::fs::write(self.0.join(name), bytes)
    }

    /// Keeps a picture that was not read, where `SUYUAN_LABELS_UNREAD` names a folder.
    pub(super) fn keep(&self, name: &str, why: &str) -> std::io::Result<()> {
        let Some(folder) = std::env::var_os("SUYUAN_LABELS_UNREAD").map(PathBuf::from) else {
            return Ok(());
        };
        std::fs::create_dir_all(&folder)?;
        let count = std::fs::read_dir(&folder)?.count();
        std::fs::copy(self.0.join(name), folder.join(format!("{why}-{count}.pgm")))?;
        Ok(())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind is a matter of the temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Who reads.
#[derive(Debug, Clone)]
pub(super) enum Decoder {
    /// zbar, by its own program.
    Zbar,
    /// zxing-cpp, by a Python that has it.
    ZxingPython(String),
    /// zxing-cpp, by its own program.
    ZxingReader,
}

/// The decoders of this machine; zbar must be there.
pub(super) fn find(folder: &Folder) -> Result<Vec<Decoder>, Box<dyn Error>> {
    let mut found = vec![Decoder::Zbar];
    let python = std::env::var("SUYUAN_ZXING_PYTHON").ok();
    let named = python.map(Decoder::ZxingPython);
    if let Some(second) = named.or_else(|| runs("ZXingReader").then_some(Decoder::ZxingReader)) {
        found.push(second);
    } else {
        writeln!(
            std::io::stderr(),
            "\nSKIPPED zxing-cpp: install Debian's zxing-cpp-tools, or name a Python that has \
             zxing-cpp in SUYUAN_ZXING_PYTHON"
        )?;
    }
    for decoder in &found {
        decoder.read(folder, std::iter::empty())?;
    }
    Ok(found)
}

/// Whether a program is there.
pub(super) fn runs(program: &str) -> bool {
    let mut command = Command::new(program);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok()
}

impl Decoder {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Zbar => "zbar".to_owned(),
            Self::ZxingPython(_) => "zxing-cpp (PyPI)".to_owned(),
            Self::ZxingReader => "zxing-cpp (Debian)".to_owned(),
        }
    }

    /// The texts of the codes in these files of the folder, each with its file.
    pub(super) fn read<'a>(
        &self,
        folder: &Folder,
        files: impl Iterator<Item = &'a str>,
    ) -> Result<Vec<(String, String)>, Box<dyn Error>> {
        let files: Vec<&str> = files.collect();
        let mut command = match self {
            Self::Zbar => {
                let mut command = Command::new("zbarimg");
                command.args(["--quiet", "--xml", "-Sdisable", "-Sqrcode.enable"]);
                command
            }
            Self::ZxingPython(python) => {
                let mut command = Command::new(python);
                command.args(["-c", ZXING]);
                command
            }
            Self::ZxingReader => {
                let mut command = Command::new("ZXingReader");
                command.args(["-1", "-format", "QRCode"]);
                command
            }
        };
        let by_input = matches!(self, Self::ZxingPython(_));
        if !by_input {
            command.args(&files);
        }
        let mut child = command
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(if by_input {
                Stdio::inherit()
            } else {
                Stdio::null()
            })
            .spawn()
            .map_err(|error| format!("{} must be installed: {error}", self.name()))?;
        let mut stdin = child.stdin.take().ok_or("no pipe")?;
        if by_input {
            stdin.write_all((files.join("\n") + "\n").trim_start().as_bytes())?;
        }
        drop(stdin);
        let output = child.wait_with_output()?;
        // zbar says by its code that a file has none; Python that it lacks the library.
        if by_input && !output.status.success() {
            return Err(format!("{} does not run", self.name()).into());
        }
        let text = String::from_utf8_lossy(&output.stdout);
        Ok(match self {
            Self::Zbar => of_xml(&text),
            _ => of_lines(&text),
        })
    }
}

/// `<source href='1.pgm'> … <![CDATA[text]]>`.
fn of_xml(text: &str) -> Vec<(String, String)> {
    let sources = text.split("<source href='").skip(1);
    let read = |source: &str| {
        let file = source.split('\'').next()?.to_owned();
        let data = source.split("<![CDATA[").nth(1)?.split("]]>").next()?;
        Some((file, data.to_owned()))
    };
    sources.filter_map(read).collect()
}

/// `1.pgm QRCode "text"`.
fn of_lines(text: &str) -> Vec<(String, String)> {
    let read = |line: &str| {
        let (file, rest) = line.split_once(" QRCode \"")?;
        Some((file.to_owned(), rest.split('"').next()?.to_owned()))
    };
    text.lines().filter_map(read).collect()
}
