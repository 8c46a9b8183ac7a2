//! A field node as a process: `suyuan simulate`, which is the firmware library on a simulated
//! board, with its flash in a file. Killed, it loses all but that.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::publisher::PROBE;
use crate::harness::{SUYUAN, wait_for};

/// Milliseconds between two readings of a node.
const EVERY_MS: u64 = 20;

/// Seconds without anything committed after which a node may give up: longer than any fault here.
const PATIENCE_SECONDS: u64 = 120;

/// Readings that a node may owe at most: two thirds of what its flash holds.
const OWED_MAX: u64 = 640;

/// A node that can be killed and started again on its flash.
pub struct Node {
    gateway: &'static str,
    port: u16,
    folder: PathBuf,
    every_ms: u64,
    patience_seconds: u64,
    child: Option<Child>,
}

impl Node {
    /// Starts a node with blank flash; its door is on this port.
    pub fn start(gateway: &'static str, port: u16, folder: PathBuf) -> anyhow::Result<Self> {
        Self::start_for(gateway, port, folder, 0)
    }

    /// The same for a fault that lasts so long: what it samples meanwhile has room in its flash.
    pub fn start_for(
        gateway: &'static str,
        port: u16,
        folder: PathBuf,
        away_seconds: u64,
    ) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let mut node = Self {
            gateway,
            port,
            folder,
            every_ms: EVERY_MS.max(away_seconds * 1_000 / OWED_MAX),
            patience_seconds: PATIENCE_SECONDS + away_seconds,
            child: None,
        };
        node.revive()?;
        Ok(node)
    }

    /// `kill -9`.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        let mut child = self.child.take().context("the node runs")?;
        if let Some(status) = child.try_wait()? {
            bail!("{} ended by itself, {status}: {}", self.gateway, self.log());
        }
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Starts it again.
    pub fn revive(&mut self) -> anyhow::Result<()> {
        let file = |name| {
            let path = self.folder.join(name);
            OpenOptions::new().create(true).append(true).open(path)
        };
        let mqtt = format!("mqtt://127.0.0.1:{}", self.port);
        let mut command = Command::new(SUYUAN);
        command.args(["simulate", "--mqtt", &mqtt, "--gateway", self.gateway]);
        command.args(["--key", "key", "--probe", PROBE, "--seed", "1"]);
        let (every, patience) = (self.every_ms.to_string(), self.patience_seconds.to_string());
        command.args(["--readings", "10000000", "--every-ms", &every]);
        command.args(["--patience-seconds", &patience, "--state"]);
        command.arg(&self.folder).stdin(Stdio::null());
        command.stdout(file("out")?).stderr(file("log")?);
        self.child = Some(command.spawn()?);
        Ok(())
    }

    /// Lets it deliver what it has; returns its last line.
    pub async fn finish(mut self) -> anyhow::Result<(BTreeSet<i64>, Value)> {
        let mut child = self.child.take().context("the node runs")?;
        let pid = Pid::from_raw(i32::try_from(child.id())?).context("a number")?;
        kill_process(pid, Signal::TERM)?;
        let status = wait_for("the node's last delivery", || {
            let ended = child.try_wait();
            async move { Ok(ended?) }
        })
        .await?;
        ensure!(status.success(), "{}: {}", self.gateway, self.log());
        let out = std::fs::read_to_string(self.folder.join("out"))?;
        let line = serde_json::from_str(out.lines().last().context("no last line")?)?;
        Ok((self.sampled()?, line))
    }

    /// Times of all readings that it took, in microseconds.
    fn sampled(&self) -> anyhow::Result<BTreeSet<i64>> {
        let path = self.folder.join(format!("{}.sampled", self.gateway));
        let text = std::fs::read_to_string(path)?;
        let time = |line: &str| {
            let (_, time) = line.split_once(' ').context("a torn line")?;
            Ok(time.parse()?)
        };
        text.lines().map(time).collect()
    }

    fn log(&self) -> String {
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("\n")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
