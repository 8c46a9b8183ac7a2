//! What a measurement stands on: a folder, a database with registered probes, a broker, and the
//! processes that take part, all gone when it ends.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use model::id::{GatewayId, ProbeName};
use model::unit::Quantity;
use serde_json::Value;
use store::bench::Arena;
use store::cluster::{Cluster, Options};
use store::{Store, gateway, probe};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{sleep, timeout};

use super::process::Watched;
use super::stream::{CHANNELS, Payload, STEP_SECONDS};
use crate::clock;

/// Key of every gateway here.
pub const KEY: &str = "suyuan-bench";
/// How long any process may take to answer.
const PATIENCE: Duration = Duration::from_mins(2);
/// Between two looks at something that is about to happen.
const POLL: Duration = Duration::from_millis(20);

/// Who publishes what.
#[derive(Debug, Clone, clap::Args)]
pub struct Devices {
    /// Gateways, each with a connection of its own.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub gateways: u32,
    /// Probes of each gateway.
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub probes: u32,
    /// Reports in each message.
    #[arg(long, hide = true, default_value_t = 1)]
    pub reports: u32,
    /// Form of the packs.
    #[arg(long, value_enum, default_value = "json")]
    pub payload: Payload,
}

/// Id of a gateway.
pub fn gateway_name(number: u32) -> String {
    format!("bench-{number:04}")
}

/// Name of a probe at its gateway.
pub fn probe_name(number: u32) -> String {
    format!("probe-{number:03}")
}

/// A folder and a database, removed by [`Stage::clear_away`]; the folder also when dropped.
pub struct Stage {
    folder: PathBuf,
    cluster: Option<Cluster>,
    arena: Option<Arena>,
    /// The database.
    pub store: Store,
    /// Where it is.
    pub url: String,
    /// The server's processes, where they run on this machine.
    pub server: Option<Watched>,
}

impl Stage {
    /// Makes a database of its own: on the server of `database_url`, or on a private one in a
    /// folder below `parent`.
    pub async fn build(parent: &Path, database_url: Option<&str>) -> anyhow::Result<Self> {
        let folder = parent.join(format!("suyuan-bench-{}", std::process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let (cluster, server_url) = if let Some(url) = database_url {
            (None, url.to_owned())
        } else {
            let cluster = Cluster::start(&folder.join("data"), &Options::default()).await?;
            let url = cluster.url().to_owned();
            (Some(cluster), url)
        };
        let name = format!("suyuan_bench_{}", std::process::id());
        let arena = Arena::make(&server_url, &name).await?;
        let store = Store::connect(&arena.url).await?;
        let backend = store::bench::backend_pid(&mut *store.acquire().await?).await?;
        Ok(Self {
            folder,
            cluster,
            url: arena.url.clone(),
            arena: Some(arena),
            store,
            server: super::process::parent_of_backend(backend).map(Watched::Family),
        })
    }

    /// Where files of the measurement go.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Registers the gateways and probes that will publish.
    pub async fn register(&self, devices: &Devices) -> anyhow::Result<()> {
        let mut transaction = self.store.begin().await?;
        let now = clock::now();
        let channels = CHANNELS.iter().enumerate();
        let channels: Vec<_> = channels
            .map(|(index, (name, unit))| probe::Channel {
                index: index as i16,
                name: (*name).to_owned(),
                quantity: Quantity::Other,
                unit: (*unit).to_owned(),
                depth_cm: None,
                valid_min: -1_000_000.0,
                valid_max: 1_000_000.0,
            })
            .collect();
        let interval = STEP_SECONDS as i32;
        let profile = probe::insert_profile(&mut transaction, "bench", interval, &channels).await?;
        let credentials = gateway::Credentials::of_key(KEY.as_bytes(), [7; gateway::SALT_BYTES]);
        for number in 0..devices.gateways {
            let name = gateway_name(number);
            let id = GatewayId::parse(&name)?;
            gateway::insert(&mut transaction, &id, &name, &credentials, now).await?;
            for number in 0..devices.probes {
                let name = ProbeName::parse(&probe_name(number))?;
                probe::insert(&mut transaction, &id, &name, profile, now).await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Removes everything.
    pub async fn clear_away(mut self) -> anyhow::Result<()> {
        self.store.close().await;
        if let Some(arena) = self.arena.take() {
            arena.remove().await?;
        }
        if let Some(cluster) = self.cluster.take() {
            cluster.stop().await?;
        }
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Best effort: what is left lies in the system's folder for temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A mosquitto of the measurement's own; gone when dropped.
pub struct Broker {
    child: Child,
    /// Its port on 127.0.0.1.
    pub port: u16,
}

impl Broker {
    /// Starts one: more in flight than a batch holds, and a queue without an end, because the
    /// load is told how far it may run ahead.
    pub async fn start(folder: &Path) -> anyhow::Result<Self> {
        // Free now; nobody else on this machine is told of it.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let file = folder.join("mosquitto.conf");
        let user = if rustix::process::geteuid().is_root() {
            "user root\n"
        } else {
            ""
        };
        let text = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\n{user}persistence false\n\
             max_inflight_messages 0\nmax_queued_messages 0\nset_tcp_nodelay true\n"
        );
        fs::write(&file, text)?;
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let child = Command::new("mosquitto")
            .env("PATH", path)
            .arg("-c")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context(
                "the broker's door is measured with mosquitto, which was not found: install it \
                 (Debian: apt-get install mosquitto), or measure --door front alone",
            )?;
        let broker = Self { child, port };
        wait_for("mosquitto", async || {
            Ok(TcpStream::connect(("127.0.0.1", port)).is_ok())
        })
        .await?;
        Ok(broker)
    }

    /// Its process.
    pub fn watched(&self) -> Option<Watched> {
        self.child.id().map(Watched::One)
    }

    /// Ends it.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.child.kill().await?;
        Ok(())
    }
}

/// A process of the measurement: this program as a part, or somebody else's.
pub struct Process {
    name: &'static str,
    child: Child,
    input: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts `suyuan bench part NAME …`.
    pub fn part(name: &'static str, flags: &[String]) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["bench", "part", name]).args(flags);
        // What is set for this process is not meant for its parts.
        for variable in ["SUYUAN_CONFIG", "SUYUAN_MQTT_URL", "DATABASE_URL"] {
            command.env_remove(variable);
        }
        Self::start(name, command)
    }

    /// Starts a command that speaks lines as our parts do.
    pub fn start(name: &'static str, mut command: Command) -> anyhow::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let input = child.stdin.take();
        let output = child.stdout.take().context("no standard output")?;
        Ok(Self {
            name,
            child,
            input,
            lines: BufReader::new(output).lines(),
        })
    }

    /// The process in the system's accounts.
    pub fn watched(&self) -> Option<Watched> {
        self.child.id().map(Watched::One)
    }

    /// Says something.
    pub async fn say(&mut self, line: &str) -> anyhow::Result<()> {
        let input = self.input.as_mut().context("it was told to stop")?;
        input.write_all(format!("{line}\n").as_bytes()).await?;
        Ok(())
    }

    /// Waits for its next line.
    pub async fn hear(&mut self) -> anyhow::Result<Value> {
        let name = self.name;
        loop {
            let line = timeout(PATIENCE, self.lines.next_line()).await;
            let line = line.with_context(|| format!("{name} does not answer"))??;
            let line = line.with_context(|| format!("{name} ended early"))?;
            // Other people's programs greet before they answer.
            if line.starts_with('{') {
                return serde_json::from_str(&line).with_context(|| format!("{name}: {line}"));
            }
        }
    }

    /// Says something and waits for the answer.
    pub async fn ask(&mut self, line: &str) -> anyhow::Result<Value> {
        self.say(line).await?;
        self.hear().await
    }

    /// Ends it by closing its standard input.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        drop(self.input.take());
        let name = self.name;
        let ended = timeout(PATIENCE, self.child.wait()).await;
        let status = ended.with_context(|| format!("{name} does not end"))??;
        ensure!(status.success(), "{name} ended with {status}");
        Ok(())
    }
}

/// Asks again and again until it is so.
pub async fn wait_for(
    what: &str,
    mut is_so: impl AsyncFnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let started = clock::instant();
    while !is_so().await? {
        if clock::instant() - started > PATIENCE {
            bail!("{what}: not within {PATIENCE:?}");
        }
        sleep(POLL).await;
    }
    Ok(())
}
