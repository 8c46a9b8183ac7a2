//! What others would build on the same broker and the same database, on the same stream: a
//! Python consumer that batches and acknowledges by hand, and a Node-RED flow. Installed on
//! demand into a folder of their own; the product never needs them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::timeout;

use super::ingest::Case;
use super::ingest::round;
use super::ingest::run::{self, Load, Measured, Sink};
use super::stage::{Broker, Process, Stage};

/// How long an installation may take.
const INSTALL: Duration = Duration::from_mins(10);
const CONSUMER: &str = include_str!("baseline/consumer.py");
const SETTINGS: &str = include_str!("baseline/settings.js");
const FLOW: &str = include_str!("baseline/flow.json");

/// Who is measured beside us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `paho-mqtt` and `psycopg`.
    Python,
    /// A flow with `pg`.
    NodeRed,
}

/// Where baselines are installed when nobody names a folder.
pub fn default_folder() -> PathBuf {
    std::env::temp_dir().join("suyuan-bench-baselines")
}

/// Measures a baseline through a broker and sets ours beside it: how many times more reports a
/// second of CPU time gives, the consumer's alone and with its database.
pub async fn measure(
    kind: Kind,
    folder: &Path,
    stage: &Stage,
    case: &Case,
    ours: &Measured,
) -> anyhow::Result<Value> {
    let name = kind.name();
    kind.install(folder)
        .await
        .with_context(|| format!("installing the baseline {name}"))?;
    store::bench::clear(&stage.store).await?;
    let broker = Broker::start(stage.folder()).await?;
    let command = kind.command(folder, &stage.url, broker.port)?;
    let mut sink = Sink::new(Process::start(name, command)?, name);
    let load = Load::behind(&broker);
    let measured = run::saturate(stage, &mut sink, case, &load).await?;
    sink.stop().await?;
    broker.stop().await?;
    let times = |cost: fn(&Measured, &str) -> Option<f64>| {
        let (theirs, own) = (cost(&measured, name)?, cost(ours, "ingest")?);
        Some(round((theirs / measured.frames) / (own / ours.frames)))
    };
    Ok(json!({
        "bench": "ingest",
        "baseline": name,
        "reports_per_message": case.devices.reports,
        "messages_per_s": round(measured.messages_per_s),
        "frames_per_s": round(measured.frames_per_s),
        "cpu_us_per_frame": measured.cpu_us(measured.frames),
        "suyuan_times_per_cpu_second": times(Measured::cpu_of),
        "suyuan_times_per_cpu_second_with_postgres":
            times(|m, name| Some(m.cpu_of(name)? + m.cpu_of("postgres")?)),
    }))
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::NodeRed => "node-red",
        }
    }

    /// Installs what is missing.
    async fn install(self, folder: &Path) -> anyhow::Result<()> {
        let own = folder.join(self.name());
        fs::create_dir_all(&own)?;
        match self {
            Self::Python => {
                fs::write(own.join("consumer.py"), CONSUMER)?;
                let python = own.join("venv/bin/python");
                if !python.exists() {
                    order(
                        Command::new("python3")
                            .args(["-m", "venv"])
                            .arg(own.join("venv")),
                    )
                    .await?;
                }
                let packages = ["paho-mqtt==2.*", "psycopg[binary]==3.*"];
                let pip = [
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                ];
                order(Command::new(python).args(pip).args(packages)).await
            }
            Self::NodeRed => {
                fs::write(own.join("settings.js"), SETTINGS)?;
                fs::write(own.join("flow.json"), FLOW)?;
                if own.join("node_modules/node-red/red.js").exists() {
                    return Ok(());
                }
                let mut npm = Command::new("npm");
                npm.args(["install", "--no-audit", "--no-fund", "node-red@4", "pg@8"]);
                order(npm.current_dir(&own)).await
            }
        }
    }

    fn command(self, folder: &Path, database: &str, port: u16) -> anyhow::Result<Command> {
        let own = fs::canonicalize(folder.join(self.name()))?;
        Ok(match self {
            Self::Python => {
                let mut command = Command::new(own.join("venv/bin/python"));
                command
                    .arg(own.join("consumer.py"))
                    .arg(database)
                    .arg(port.to_string());
                command
            }
            Self::NodeRed => {
                let mut command = Command::new("node");
                command.arg(own.join("node_modules/node-red/red.js"));
                command.arg("--userDir").arg(&own);
                command.current_dir(&own);
                command.env("BENCH_DATABASE", database);
                command.env("BENCH_MQTT_PORT", port.to_string());
                command
            }
        })
    }
}

/// Runs a command to its end; what it says is shown where it fails.
pub(super) async fn order(command: &mut Command) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = timeout(INSTALL, output)
        .await
        .context("it takes too long")??;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flow_is_json_and_takes_the_brokers_port_from_its_surroundings() {
        let flow: Value = serde_json::from_str(FLOW).expect("JSON");
        assert_eq!(flow[1]["port"], "${BENCH_MQTT_PORT}");
    }
}
