//! mosquitto with the configuration that we ship (`deploy/mosquitto.conf`): its port and paths are
//! the test's own, and a measurement may change a setting; the rest is read as it stands there.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};
use tokio::net::TcpStream;

use crate::harness::{Folder, free_port, repository, wait_for};

/// A broker that can be killed and started again on what it had written down.
pub struct Broker {
    folder: Folder,
    /// Its port on 127.0.0.1.
    pub port: u16,
    child: Option<Child>,
}

impl Broker {
    /// Starts one that knows these users. `changes` are settings that differ from the shipped ones.
    pub async fn start(users: &[(&str, &str)], changes: &[(&str, &str)]) -> anyhow::Result<Self> {
        let folder = Folder::new()?;
        let port = free_port()?;
        let shipped = std::fs::read_to_string(repository("deploy/mosquitto.conf"))?;
        let text = configuration(&shipped, folder.path(), port, changes);
        std::fs::write(folder.path().join("mosquitto.conf"), text)?;
        let rules = folder.path().join("suyuan.acl");
        std::fs::copy(repository("deploy/mosquitto.acl"), rules)?;
        let passwords = folder.path().join("suyuan.passwd");
        std::fs::write(&passwords, "")?;
        for (user, password) in users {
            let mut command = Command::new("mosquitto_passwd");
            command.arg("-b").arg(&passwords).args([user, password]);
            ensure!(command.status()?.success(), "mosquitto_passwd failed");
        }
        let mut broker = Self {
            folder,
            port,
            child: None,
        };
        broker.revive().await?;
        Ok(broker)
    }

    /// `kill -9`.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Starts it again and waits until it listens.
    pub async fn revive(&mut self) -> anyhow::Result<()> {
        let path = format!("/usr/sbin:{}", std::env::var("PATH").unwrap_or_default());
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.path().join("mosquitto.log"))?;
        let mut command = Command::new("mosquitto");
        command.env("PATH", path).arg("-c");
        command.arg(self.folder.path().join("mosquitto.conf"));
        command.stdout(Stdio::null()).stderr(log);
        self.child = Some(command.spawn().context("mosquitto")?);
        let port = self.port;
        wait_for("mosquitto", || async move {
            Ok(TcpStream::connect(("127.0.0.1", port)).await.ok())
        })
        .await?;
        Ok(())
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// The shipped text with this place's paths and port.
fn configuration(text: &str, folder: &Path, port: u16, changes: &[(&str, &str)]) -> String {
    let here = folder.display();
    let mut lines = Vec::new();
    for line in text.lines() {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        let other = changes.iter().find(|(other, _)| *other == key);
        lines.push(match (key, other) {
            ("listener", _) => format!("listener {port} 127.0.0.1"),
            (_, Some((_, value))) => format!("{key} {value}"),
            _ => format!(
                "{key} {}",
                value
                    .replace("/etc/mosquitto", &here.to_string())
                    .replace("/var/lib/mosquitto", &here.to_string())
            ),
        });
    }
    // mosquitto gives root up for a user who may not enter here; another user's is ignored.
    lines.push("user root".to_owned());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use rumqttc::v5::mqttbytes::QoS;
    use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason};
    use rumqttc::v5::{AsyncClient, Event, MqttOptions};

    use super::*;

    /// What the broker answers to a publish on this topic.
    async fn published(port: u16, user: &str, topic: &str) -> anyhow::Result<PubAckReason> {
        let mut options = MqttOptions::new(user, "127.0.0.1", port);
        options.set_credentials(user, "key");
        let (client, mut events) = AsyncClient::new(options, 4);
        client.try_publish(topic, QoS::AtLeastOnce, false, "x")?;
        loop {
            if let Event::Incoming(Packet::PubAck(ack)) = events.poll().await? {
                return Ok(ack.reason);
            }
        }
    }

    #[tokio::test]
    async fn behind_the_shipped_configuration_a_gateway_speaks_below_its_own_id_only()
    -> anyhow::Result<()> {
        let broker = Broker::start(&[("gw-1", "key"), ("gw-2", "key")], &[]).await?;
        for own in ["field/telemetry", "line/modbus", "cam/snapshot", "status"] {
            let topic = format!("suyuan/v1/gw-1/{own}");
            let taken = published(broker.port, "gw-1", &topic).await?;
            assert_eq!(taken, PubAckReason::NoMatchingSubscribers, "{topic}");
        }
        for foreign in [
            "suyuan/v1/gw-2/field/telemetry",
            "suyuan/v1/gw-2/status",
            "suyuan/v1/gw-1/committed",
            "tele/x/SENSOR",
            "anything",
        ] {
            let refused = published(broker.port, "gw-1", foreign).await?;
            assert_eq!(refused, PubAckReason::NotAuthorized, "{foreign}");
        }
        let stranger = published(broker.port, "gw-3", "suyuan/v1/gw-3/status").await;
        assert!(stranger.is_err(), "no password, no word");
        Ok(())
    }
}
