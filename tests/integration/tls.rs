//! TLS as an operator sets it up: a certificate in two files, a second port, a stock client that
//! trusts the authority, and a renewal without a restart.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::Context;

use crate::harness::system::System;
use crate::harness::{Folder, SUYUAN, wait_for};

const TOPIC: &str = "suyuan/v1/gw-1/field/telemetry";

/// An authority, and a certificate of it for this machine.
struct Authority {
    folder: Folder,
}

impl Authority {
    fn new() -> anyhow::Result<Self> {
        let authority = Self {
            folder: Folder::new()?,
        };
        authority.issue()?;
        Ok(authority)
    }

    /// Makes a new authority and a new certificate, over the same files.
    fn issue(&self) -> anyhow::Result<()> {
        let key = rcgen::KeyPair::generate()?;
        let mut about = rcgen::CertificateParams::new(Vec::new())?;
        about.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        about
            .distinguished_name
            .push(rcgen::DnType::CommonName, "the test's authority");
        let authority = rcgen::CertifiedIssuer::self_signed(about, key)?;
        let own_key = rcgen::KeyPair::generate()?;
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let own = rcgen::CertificateParams::new(names)?.signed_by(&own_key, &authority)?;
        std::fs::write(self.path("ca.pem"), authority.pem())?;
        std::fs::write(self.path("key.pem"), own_key.serialize_pem())?;
        std::fs::write(self.path("certificate.pem"), own.pem())?;
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Publishes one reading with `mosquitto_pub` over TLS.
fn publish(port: u16, key: &str, authority: &Path, pack: &str) -> anyhow::Result<Output> {
    let mut command = Command::new("timeout");
    command.args(["20", "mosquitto_pub", "-h", "127.0.0.1", "-q", "1", "-V"]);
    command.args(["mqttv5", "-u", "gw-1", "-P", key, "-t", TOPIC, "-m", pack]);
    command.args(["-p", &port.to_string(), "--cafile"]);
    Ok(command.arg(authority).output()?)
}

#[tokio::test]
async fn a_stock_client_publishes_over_tls_and_a_renewed_certificate_needs_no_restart()
-> anyhow::Result<()> {
    let authority = Authority::new()?;
    let (certificate, key) = (authority.path("certificate.pem"), authority.path("key.pem"));
    let flags = [
        "--mqtts",
        "127.0.0.1:0",
        "--mqtts-certificate",
        certificate.to_str().context("a path")?,
        "--mqtts-key",
        key.to_str().context("a path")?,
    ];
    let system = System::start(&flags, &[]).await?;
    let operator = system.operator().await?;
    let key = operator.register("gw-1", "field").await?;
    let port = system.mqtts_port.context("no port for TLS")?;
    let pack = r#"[{"bt":1767571200,"n":"temperature","v":7.5}]"#;
    let first = publish(port, &key, &authority.path("ca.pem"), pack)?;
    assert!(
        first.status.success(),
        "{}",
        String::from_utf8_lossy(&first.stderr)
    );
    assert_eq!(operator.readings("gw-1", "field").await?.len(), 1);

    // Who trusts another authority does not even sign in.
    let stranger = Authority::new()?;
    let refused = publish(port, &key, &stranger.path("ca.pem"), pack)?;
    assert!(!refused.status.success());

    authority.issue()?;
    let pack = r#"[{"bt":1767571260,"n":"temperature","v":8.5}]"#;
    wait_for("the renewed certificate", || async {
        let published = publish(port, &key, &authority.path("ca.pem"), pack)?;
        Ok(published.status.success().then_some(()))
    })
    .await?;
    assert_eq!(operator.readings("gw-1", "field").await?.len(), 2);
    let metrics = String::from_utf8(operator.bytes("/metrics").await?)?;
    assert!(
        metrics.contains(r#"suyuan_tls_reloads_total{result="taken"}"#),
        "{metrics}"
    );
    system.stop().await?;
    Ok(())
}

#[test]
fn tls_without_a_certificate_is_refused_at_the_start() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    for (flags, expected) in [
        (vec!["--mqtts", "127.0.0.1:0"], "--mqtts-certificate"),
        (
            vec![
                "--mqtts",
                "127.0.0.1:0",
                "--mqtts-certificate",
                "/nonexistent/certificate.pem",
                "--mqtts-key",
                "/nonexistent/key.pem",
            ],
            "/nonexistent/certificate.pem cannot be read",
        ),
    ] {
        let refused = Command::new(SUYUAN)
            .args([
                "up",
                "--http",
                "127.0.0.1:0",
                "--mqtt",
                "127.0.0.1:0",
                "--data",
            ])
            .arg(folder.path())
            .args(flags)
            .env_remove("DATABASE_URL")
            .output()?;
        assert_eq!(refused.status.code(), Some(1));
        let reason = String::from_utf8(refused.stderr)?;
        assert!(reason.contains(expected), "{reason}");
    }
    Ok(())
}
