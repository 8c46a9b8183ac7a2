//! Stock tools as a farmer's integrator would use them: `mosquitto_pub`, `zbarimg`.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, ensure};

/// Who publishes, and where.
pub struct Publisher<'a> {
    /// Port on 127.0.0.1.
    pub port: u16,
    /// User name, `None` to sign in without.
    pub gateway: Option<&'a str>,
    /// Password.
    pub key: &'a str,
    /// `mqttv311` or `mqttv5`.
    pub version: &'a str,
}

impl Publisher<'_> {
    /// Publishes one payload with `QoS` 1 and waits for its acknowledgement.
    pub fn publish(&self, topic: &str, payload: &[u8]) -> anyhow::Result<Output> {
        let port = self.port.to_string();
        let mut command = Command::new("timeout");
        command.args([
            "20",
            "mosquitto_pub",
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-q",
            "1",
        ]);
        command.args(["-V", self.version, "-t", topic, "-s"]);
        if let Some(gateway) = self.gateway {
            command.args(["-u", gateway, "-P", self.key]);
        }
        feed(command, payload)
    }

    /// Publishes and insists on success.
    pub fn publish_well(&self, topic: &str, payload: &[u8]) -> anyhow::Result<()> {
        let output = self.publish(topic, payload)?;
        ensure!(
            output.status.success(),
            "mosquitto_pub: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }
}

/// What zbar reads in a picture.
pub fn zbar(picture: &[u8]) -> anyhow::Result<String> {
    let mut command = Command::new("zbarimg");
    command.args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", "-"]);
    let output = feed(command, picture)?;
    ensure!(
        output.status.success(),
        "zbarimg: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}

/// Runs a command with these bytes on its standard input.
fn feed(mut command: Command, input: &[u8]) -> anyhow::Result<Output> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("{command:?}"))?;
    child
        .stdin
        .take()
        .context("no standard input")?
        .write_all(input)?;
    Ok(child.wait_with_output()?)
}
