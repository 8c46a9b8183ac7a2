//! What others take for the same codes: libqrencode, the C library that most programs use, and
//! segno, in one Python process each, so that no start of a process is counted. Calling a C
//! function from Python costs a few microseconds, beside some hundred for a symbol.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use label_printer::CodeLink;
use serde::Deserialize;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::Pace;
use crate::bench::baseline::order;

/// Who is measured beside us.
pub const NAMES: [&str; 2] = ["libqrencode", "segno"];
/// What they are measured with.
const SCRIPT: &str = include_str!("rival.py");
/// The version of segno that is installed where none is.
const SEGNO: &str = "segno==1.6.6";

/// What the script says.
#[derive(Debug, Deserialize)]
struct Said {
    count: u64,
    wall: f64,
    cpu: f64,
    version: u8,
}

/// Measures one of them on these links; returns its pace and the version of its symbols.
pub async fn measure(
    name: &str,
    folder: &Path,
    seconds: f64,
    links: &[CodeLink],
) -> anyhow::Result<(Pace, u8)> {
    let own = folder.join("label");
    fs::create_dir_all(&own)?;
    let script = own.join("rival.py");
    fs::write(&script, SCRIPT)?;
    let python = if name == "segno" {
        install(&own).await?
    } else {
        "python3".into()
    };
    let mut child = Command::new(python)
        .arg(script)
        .args([name, &seconds.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("python3 is not installed")?;
    let input: Vec<&str> = links.iter().map(CodeLink::as_str).collect();
    let mut stdin = child.stdin.take().context("no pipe")?;
    stdin.write_all(input.join("\n").as_bytes()).await?;
    drop(stdin);
    let output = child.wait_with_output().await?;
    let errors = String::from_utf8_lossy(&output.stderr);
    let why = errors.lines().last().unwrap_or_default();
    ensure!(output.status.success(), "{name} cannot be measured: {why}");
    let said: Said = serde_json::from_slice(&output.stdout)?;
    let pace = Pace {
        count: said.count,
        wall: Duration::from_secs_f64(said.wall),
        cpu: Duration::from_secs_f64(said.cpu),
    };
    Ok((pace, said.version))
}

/// A Python that has segno.
async fn install(own: &Path) -> anyhow::Result<PathBuf> {
    let python = own.join("venv/bin/python");
    if !python.exists() {
        order(
            Command::new("python3")
                .args(["-m", "venv"])
                .arg(own.join("venv")),
        )
        .await?;
        let pip = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ];
        order(Command::new(&python).args(pip).arg(SEGNO)).await?;
    }
    Ok(python)
}
