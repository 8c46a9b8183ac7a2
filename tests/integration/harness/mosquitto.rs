//! A mosquitto of the test's own: a free port, no persistence, gone with its owner.

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use super::{Folder, free_port, wait_for};

/// A running broker.
pub struct Mosquitto {
    child: Child,
    /// Its port on 127.0.0.1.
    pub port: u16,
    _folder: Folder,
}

impl Mosquitto {
    /// Starts a broker that lets everybody in.
    pub async fn start() -> anyhow::Result<Self> {
        let folder = Folder::new()?;
        let port = free_port()?;
        let file = folder.path().join("mosquitto.conf");
        std::fs::write(
            &file,
            format!(
                "listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n\
                 max_inflight_messages 2000\nmax_queued_messages 100000\n"
            ),
        )?;
        let path = format!("/usr/sbin:{}", std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("mosquitto");
        command.env("PATH", path).arg("-c").arg(&file);
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let broker = Self {
            child,
            port,
            _folder: folder,
        };
        wait_for("mosquitto", || async move {
            Ok(TcpStream::connect(("127.0.0.1", port)).ok())
        })
        .await?;
        Ok(broker)
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
