//! `farm_script.py` as a process. Debian's own Python runs it, because its packages are Debian's too; a
//! Python that comes earlier on the path may have none.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::PROBE;
use crate::harness::{repository, wait_for};

const PYTHON: &str = "/usr/bin/python3";

/// A publisher that can be stopped in good order.
pub struct Paho {
    child: Child,
    said: PathBuf,
}

fn command(what: &str, port: u16, version: &str, gateway: &str, key: &str) -> Command {
    let mut command = Command::new(PYTHON);
    command.arg(repository("tests/integration/clients/farm_script.py"));
    command.args([what, "--port", &port.to_string(), "--version", version]);
    command.args(["--user", gateway, "--key", key, "--probe", PROBE]);
    command.stdin(Stdio::null());
    command
}

impl Paho {
    /// Starts publishing; what it says goes into a file of the folder.
    pub fn publish(
        folder: &Path,
        port: u16,
        version: &str,
        gateway: &str,
        key: &str,
    ) -> anyhow::Result<Self> {
        let said = folder.join(format!("{gateway}.said"));
        let mut command = command("publish", port, version, gateway, key);
        command.stdout(File::create(&said)?);
        command.stderr(File::create(said.with_extension("errors"))?);
        let child = command.spawn().context(PYTHON)?;
        Ok(Self { child, said })
    }

    /// Has everything else done, and returns what was heard.
    pub async fn talk(port: u16, version: &str, gateway: &str, key: &str) -> anyhow::Result<Value> {
        let mut command = command("talk", port, version, gateway, key);
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "paho {version}: {errors}");
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Readings acknowledged so far.
    pub fn count(&self) -> usize {
        let said = std::fs::read_to_string(&self.said).unwrap_or_default();
        said.lines().filter(|line| line.starts_with("ack ")).count()
    }

    /// Lets it hear of what it has sent; how many readings it made, and which were acknowledged.
    pub async fn finish(mut self) -> anyhow::Result<(i64, BTreeSet<i64>)> {
        let pid = Pid::from_raw(i32::try_from(self.child.id())?).context("a number")?;
        kill_process(pid, Signal::TERM)?;
        let status = wait_for("paho's end", || {
            let ended = self.child.try_wait();
            async move { Ok(ended?) }
        })
        .await?;
        let errors = std::fs::read_to_string(self.said.with_extension("errors"))?;
        ensure!(status.success(), "{status}: {errors}");
        let said = std::fs::read_to_string(&self.said)?;
        let numbers = |word: &str| -> anyhow::Result<Vec<i64>> {
            let own = said.lines().filter_map(|line| line.strip_prefix(word));
            own.map(|number| Ok(number.trim().parse()?)).collect()
        };
        let made = *numbers("made ")?.first().context("it did not finish")?;
        Ok((made, numbers("ack ")?.into_iter().collect()))
    }
}

impl Drop for Paho {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
