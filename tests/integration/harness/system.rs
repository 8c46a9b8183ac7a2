//! `suyuan up` as a process: started on free ports, asked for its addresses, stopped, or killed
//! with everything that belongs to it.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::sync::OnceCell;

use super::api::Api;
use super::{Folder, SUYUAN, wait_for, wait_within};

/// The demonstration county that every test may read and add to; made once a process.
static DEMO: OnceCell<System> = OnceCell::const_new();

/// How long a system may take to come up: the demonstration county is made first, which takes a
/// quarter of a minute on an idle machine.
const START: Duration = Duration::from_mins(4);

/// Stands between the tests and a program that outlives single tests: stops it when the test
/// process ends, however that happens.
const GUARD: &str = r#"
exec 3<&0
"$@" </dev/null &
program=$!
( read -r _ <&3; kill -TERM "$program" 2>/dev/null ) &
reader=$!
wait "$program"; status=$?
kill "$reader" 2>/dev/null
exit "$status"
"#;

/// A running system.
pub struct System {
    child: Child,
    guarded: bool,
    /// Stem of the pages and the API, without a slash at the end.
    pub http: String,
    /// Port of the MQTT front on 127.0.0.1.
    pub mqtt_port: u16,
    /// Its port for TLS, where one was asked for.
    pub mqtts_port: Option<u16>,
    /// Its data directory; `None` where it lives in somebody else's.
    folder: Option<Folder>,
}

impl System {
    /// The demonstration county. It ends with the test process.
    pub async fn demo() -> anyhow::Result<&'static Self> {
        DEMO.get_or_try_init(|| async {
            let folder = Folder::new()?;
            let mut system = Self::spawn(folder.path(), &["--demo"], &[], true).await?;
            system.folder = Some(folder);
            Ok(system)
        })
        .await
    }

    /// An empty system in a folder of its own.
    pub async fn start(flags: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let folder = Folder::new()?;
        let mut system = Self::spawn(folder.path(), flags, environment, false).await?;
        system.folder = Some(folder);
        Ok(system)
    }

    /// A system in a folder that the caller keeps, to be started there again.
    pub async fn start_in(data: &Path, flags: &[&str]) -> anyhow::Result<Self> {
        Self::spawn(data, flags, &[], false).await
    }

    async fn spawn(
        data: &Path,
        flags: &[&str],
        environment: &[(&str, &str)],
        guarded: bool,
    ) -> anyhow::Result<Self> {
        let log = data.with_extension("log");
        let out = data.with_extension("out");
        let mut command = if guarded {
            let mut shell = Command::new("/bin/sh");
            shell
                .args(["-c", GUARD, "sh", SUYUAN])
                .stdin(Stdio::piped());
            shell
        } else {
            let mut program = Command::new(SUYUAN);
            program.stdin(Stdio::null());
            program
        };
        command.args([
            "up",
            "--http",
            "127.0.0.1:0",
            "--mqtt",
            "127.0.0.1:0",
            "--data",
        ]);
        command.arg(data).args(flags);
        command
            .env_remove("DATABASE_URL")
            .envs(environment.iter().copied());
        command
            .stdout(std::fs::File::create(&out)?)
            .stderr(std::fs::File::create(&log)?);
        // Whole from here on: one that does not come up in time is ended like any other.
        let mut system = Self {
            child: command.process_group(0).spawn()?,
            guarded,
            http: String::new(),
            mqtt_port: 0,
            mqtts_port: None,
            folder: None,
        };
        let found = wait_within(START, "the system's addresses", || {
            let printed = std::fs::read_to_string(&out).unwrap_or_default();
            let ended = system.child.try_wait();
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            async move {
                let addresses = printed
                    .lines()
                    .find_map(|l| l.trim().strip_prefix("pages "));
                let mqtt = printed.lines().find_map(|l| l.trim().strip_prefix("mqtt "));
                ensure!(matches!(ended, Ok(None)), "the system ended at once: {log}");
                let tls = printed
                    .lines()
                    .find_map(|l| l.trim().strip_prefix("mqtts "));
                let tls = tls.map(str::to_owned);
                Ok(addresses
                    .zip(mqtt)
                    .map(|(a, m)| (a.trim().to_owned(), m.trim().to_owned(), tls)))
            }
        });
        let (pages, mqtt, mqtts) = found.await?;
        system.mqtt_port = port_of(&mqtt)?;
        system.mqtts_port = mqtts.as_deref().map(port_of).transpose()?;
        pages.trim_end_matches('/').clone_into(&mut system.http);
        Ok(system)
    }

    /// Its data directory, where it is its own.
    pub fn data(&self) -> anyhow::Result<&Path> {
        self.folder
            .as_ref()
            .map(Folder::path)
            .context("the data directory is another's")
    }

    /// Makes an operator and signs in.
    pub async fn operator(&self) -> anyhow::Result<Api> {
        add_account(self.data()?, "op", "operator")?;
        Api::sign_in(&self.http, "op", PASSWORD).await
    }

    /// Ends it as Ctrl-C does and says how it ended.
    pub async fn stop(mut self) -> anyhow::Result<ExitStatus> {
        kill_process(self.pid()?, Signal::INT)?;
        self.wait().await
    }

    /// Kills its process group at once, as a power cut would.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        kill_process_group(self.pid()?, Signal::KILL)?;
        self.wait().await.map(|_| ())
    }

    /// Waits until the process has ended.
    pub async fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        wait_for("the end of the system", || {
            let ended = self.child.try_wait();
            async move { Ok(ended?) }
        })
        .await
    }

    /// Its process number.
    pub fn pid(&self) -> anyhow::Result<Pid> {
        Pid::from_raw(i32::try_from(self.child.id())?).context("a process without a number")
    }
}

impl Drop for System {
    fn drop(&mut self) {
        // A guarded one ends with its pipe; the others end here, whatever became of the test.
        if !self.guarded && matches!(self.child.try_wait(), Ok(None)) {
            if let Ok(pid) = self.pid() {
                let _ = kill_process(pid, Signal::TERM);
            }
            let _ = self.child.wait();
        }
    }
}

fn port_of(address: &str) -> anyhow::Result<u16> {
    Ok(address.rsplit(':').next().context("no port")?.parse()?)
}

/// Password of the accounts that tests make.
pub const PASSWORD: &str = "correct horse";

/// Makes an account in the database below a data directory.
pub fn add_account(data: &Path, login: &str, role: &str) -> anyhow::Result<()> {
    use std::io::Write;
    let mut command = Command::new(SUYUAN);
    command
        .args(["user", "add", login, "--role", role, "--data"])
        .arg(data);
    command
        .env_remove("DATABASE_URL")
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    let mut child = command.spawn()?;
    child
        .stdin
        .take()
        .context("no standard input")?
        .write_all(PASSWORD.as_bytes())?;
    let status = child.wait()?;
    ensure!(status.success(), "user add ended with {status}");
    Ok(())
}

/// How soon an acknowledged reading must be readable (README).
pub const READABLE_WITHIN: Duration = Duration::from_secs(2);
