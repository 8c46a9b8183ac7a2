//! `suyuan verify`: checks a copy against the key that signed it: a whole mirror, the folder of one
//! lot, or one page; in a folder, or over HTTP where it is served.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use trace_api::mirror::check::{Check, Report};
use trace_api::mirror::manifest::Manifest;
use trace_api::mirror::note::Verifier;
use trace_api::mirror::{KEY_PATH, MANIFEST};

use crate::log;

/// Most faults that are printed; the rest is counted.
const FAULTS_PRINTED_MAX: usize = 50;
/// Longest time for one file over HTTP.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How a proof of the transparency log begins.
const PROOF_HEAD: &str = "c2sp.org/tlog-proof@";

/// Flags of `verify`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A mirror, the folder of one lot in it, one of its pages, or the `http://` address where a
    /// mirror is served (there files that were added cannot be found).
    #[arg(value_name = "PATH")]
    path: String,
    /// The public key that must have signed, as `suyuan mirror --key` and the live server's
    /// `/.well-known/suyuan-key` say it; or a file with it. Without it the key that lies in the
    /// copy is used, which shows damage and not a forger.
    #[arg(long, env = "SUYUAN_VERIFY_KEY", value_name = "KEY")]
    key: Option<String>,
}

/// Where files are read from.
enum Source {
    Folder(PathBuf),
    Web(reqwest::Client, String),
}

impl Source {
    /// The bytes of a file; `None` where there is none.
    async fn read(&self, path: &str) -> anyhow::Result<Option<Vec<u8>>> {
        match self {
            Self::Folder(root) => match std::fs::read(root.join(path)) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if is_absent(error.kind()) => Ok(None),
                Err(error) => Err(error).with_context(|| format!("reading {path}")),
            },
            Self::Web(client, root) => {
                let answer = client.get(format!("{root}/{path}")).send().await?;
                if !answer.status().is_success() {
                    return Ok(None);
                }
                Ok(Some(answer.bytes().await?.to_vec()))
            }
        }
    }

    /// Every file that is there, where that can be known.
    fn list(&self, below: &str) -> anyhow::Result<Vec<String>> {
        let Self::Folder(root) = self else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        let mut folders = vec![below.trim_end_matches('/').to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(root.join(&folder))? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = if folder.is_empty() {
                    name
                } else {
                    format!("{folder}/{name}")
                };
                if entry.file_type()?.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        Ok(found)
    }
}

fn is_absent(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory
    )
}

/// What is to be checked.
struct Target {
    source: Source,
    /// The folder below the mirror's root; empty for the whole.
    folder: String,
    /// One file of it alone.
    file: Option<String>,
}

/// Checks, prints what was found, and fails where anything is not as it was signed.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let target = target(&args.path)?;
    let verifier = verifier(args.key.as_deref(), &target).await?;
    let signed_by = verifier.to_string();
    let report = check(&target, verifier).await?;
    for fault in report.faults.iter().take(FAULTS_PRINTED_MAX) {
        log::complain(&fault.to_string());
    }
    ensure!(
        report.faults.is_empty(),
        "{} of {} files are not as they were signed",
        report.faults.len(),
        report.files
    );
    log::say(&words(&report));
    log::say(&format!("signed by {signed_by}"));
    if args.key.is_none() {
        log::say(
            "that key lies in the copy itself: compare it with the live server's, or give --key",
        );
    }
    Ok(())
}

fn words(report: &Report) -> String {
    let (files, manifests) = (report.files, report.manifests);
    let head = report.head.as_ref().map(|(of, at, number)| {
        let number = if *number > 0 {
            format!(", number {number}")
        } else {
            String::new()
        };
        format!(" of {of} at {}{number}", rfc3339(at.seconds()))
    });
    format!(
        "{files} files, {manifests} manifests{}: all as signed",
        head.unwrap_or_default()
    )
}

fn rfc3339(seconds: i64) -> String {
    let at = time::OffsetDateTime::from_unix_timestamp(seconds);
    let at = at.unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    at.format(&time::format_description::well_known::Rfc3339)
        .unwrap_or_default()
}

async fn check(target: &Target, verifier: Verifier) -> anyhow::Result<Report> {
    let mut check = match &target.file {
        Some(file) => Check::of_page(verifier, &target.folder, file),
        None => Check::new(verifier, &target.folder),
    };
    while let Some(path) = check.next_path() {
        let bytes = target.source.read(&path).await?;
        check.give(bytes.as_deref());
    }
    let present = match target.file {
        Some(_) => Vec::new(),
        None => target.source.list(&target.folder)?,
    };
    Ok(check.end(present))
}

async fn verifier(key: Option<&str>, target: &Target) -> anyhow::Result<Verifier> {
    if let Some(key) = key {
        let text = match Verifier::parse(key) {
            Ok(verifier) => return Ok(verifier),
            Err(_) => std::fs::read_to_string(key).context("--key is neither a key nor a file")?,
        };
        return Verifier::parse(&text).context("--key");
    }
    let found = target.source.read(KEY_PATH).await?;
    let found = found.context("there is no key beside the copy: give --key")?;
    Verifier::parse(&String::from_utf8_lossy(&found)).context(KEY_PATH)
}

/// Finds out what a path means.
fn target(path: &str) -> anyhow::Result<Target> {
    if path.contains("://") {
        ensure!(
            path.starts_with("http://"),
            "only http:// is read; download a copy that is served by TLS, and check the folder"
        );
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(ANSWER_TIMEOUT)
            .build()?;
        return Ok(Target {
            source: Source::Web(client, path.trim_end_matches('/').to_owned()),
            folder: String::new(),
            file: None,
        });
    }
    let path = Path::new(path);
    if path.is_dir() {
        return in_folder(path, None);
    }
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    if bytes.starts_with(PROOF_HEAD.as_bytes())
        || path
            .extension()
            .is_some_and(|ending| ending == "tlog-proof")
    {
        bail!("this version cannot check proofs of the transparency log yet");
    }
    let name = path.file_name().context("a file has a name")?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    in_folder(folder, Some(name.to_string_lossy().into_owned()))
}

/// The folder's own manifest says where in the mirror it lies; whether that is signed is checked
/// later.
fn in_folder(folder: &Path, file: Option<String>) -> anyhow::Result<Target> {
    let note = std::fs::read_to_string(folder.join(MANIFEST))
        .with_context(|| format!("there is no {MANIFEST} in {}", folder.display()))?;
    let text = note
        .rfind("\n\n")
        .map_or(note.as_str(), |end| &note[..=end]);
    let manifest = Manifest::parse(text).context(MANIFEST)?;
    let depth = manifest.folder.matches('/').count();
    let mut root = folder.canonicalize()?;
    for _ in 0..depth {
        root.pop();
    }
    Ok(Target {
        source: Source::Folder(root),
        folder: manifest.folder,
        file: file.filter(|file| file != MANIFEST),
    })
}
