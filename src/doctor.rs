//! `suyuan doctor`: looks at everything that has to be there, says what is not, and how to mend
//! it. Changes nothing.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::bail;
use ingest::ServerTls;
use label_printer::Shelf;
use store::cluster::{Binaries, ServerUser};
use store::{Flavour, Store};
use tokio::net::TcpListener;

use crate::cli::{HttpArgs, MqttsArgs};
use crate::database::DataArgs;
use crate::log;

/// Free space on the data directory's disk below which a county server is in danger.
const FREE_BYTES_MIN: u64 = 2 * 1024 * 1024 * 1024;

/// Flags of `doctor`: those of `up`, whose surroundings it looks at.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    database: DataArgs,
    #[command(flatten)]
    http: HttpArgs,
    /// Address that the MQTT front would listen on.
    #[arg(
        long,
        env = "SUYUAN_MQTT",
        value_name = "ADDR",
        default_value = "127.0.0.1:1883"
    )]
    mqtt: SocketAddr,
    #[command(flatten)]
    mqtts: MqttsArgs,
}

/// What was found at one place.
enum Finding {
    /// As it should be.
    Good(String),
    /// Works, but somebody should know.
    Note(String),
    /// Has to be mended; the text says how.
    Bad(String),
}

use Finding::{Bad, Good, Note};

/// Prints the findings; fails where one has to be mended.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let mut findings = Vec::new();
    match &args.database.database_url {
        Some(url) => findings.push(look_at_database(url).await),
        None => findings.extend([look_at_programs(), look_at_user(), look_at_timescale()]),
    }
    findings.push(look_at_disk(&args.database.data));
    findings.push(look_at_port("HTTP", args.http.http, "--http").await);
    findings.push(look_at_port("MQTT", args.mqtt, "--mqtt").await);
    findings.extend(look_at_tls(&args.mqtts).await);
    findings.push(look_at_public_url(args.http.public_url.as_deref()));
    findings.extend(look_at_templates(args.http.label_templates.as_deref()));
    let mut bad = 0;
    for finding in findings {
        let (mark, text) = match finding {
            Good(text) => ("good", text),
            Note(text) => ("note", text),
            Bad(text) => {
                bad += 1;
                ("MEND", text)
            }
        };
        log::say(&format!("{mark}  {text}"));
    }
    if bad > 0 {
        bail!("{bad} of these must be mended before the system can run");
    }
    Ok(())
}

fn look_at_programs() -> Finding {
    Binaries::find().map_or_else(
        || {
            Bad(
                "PostgreSQL 15 or newer is not installed: script/bootstrap server installs it, or \
                 set DATABASE_URL"
                    .to_owned(),
            )
        },
        |found| Good(format!("PostgreSQL is at {}", found.postgres().display())),
    )
}

fn look_at_user() -> Finding {
    match ServerUser::find() {
        Ok(ServerUser::Same) => Good("the private database runs as this user".to_owned()),
        Ok(ServerUser::Other { uid, .. }) => Good(format!(
            "this is root; the private database runs as user {uid}"
        )),
        Err(error) => Bad(error.to_string()),
    }
}

fn look_at_timescale() -> Finding {
    let found = Binaries::find().is_some_and(|binaries| binaries.has_timescale());
    if found {
        Good("TimescaleDB is installed and will be used by a new private database".to_owned())
    } else {
        Note("TimescaleDB is not installed: readings go to monthly partitions".to_owned())
    }
}

async fn look_at_database(url: &str) -> Finding {
    let look = async {
        let store = Store::connect(url).await?;
        let found = (store.is_current().await, store.flavour().await?);
        store.close().await;
        Ok::<_, store::StoreError>(found)
    };
    match look.await {
        Err(error) => Bad(format!(
            "the database of DATABASE_URL cannot be used: {:#}",
            anyhow::Error::new(error)
        )),
        Ok((Ok(true), flavour)) => Good(format!("the database is up to date ({})", name(flavour))),
        Ok((_, flavour)) => Note(format!(
            "the database ({}) has no up-to-date tables: suyuan migrate makes them, suyuan up too",
            name(flavour)
        )),
    }
}

const fn name(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::Plain => "PostgreSQL alone",
        Flavour::TimescaleApache => "TimescaleDB, Apache build: no compression",
        Flavour::Timescale => "TimescaleDB",
    }
}

/// The disk below the data directory, or below where it will be made.
fn look_at_disk(data: &Path) -> Finding {
    let absolute = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
    let Some(there) = absolute.ancestors().find(|folder| folder.exists()) else {
        return Bad(format!("{} has no folder above it", data.display()));
    };
    if fs::metadata(there).is_ok_and(|found| found.permissions().readonly()) {
        return Bad(format!(
            "{} cannot be written: choose another with --data",
            there.display()
        ));
    }
    match rustix::fs::statvfs(there) {
        Err(error) => Bad(format!("{} cannot be looked at: {error}", there.display())),
        Ok(disk) => {
            let free = disk.f_bavail * disk.f_frsize;
            let text = format!("{} has {} MiB free", there.display(), free / 1024 / 1024);
            if free < FREE_BYTES_MIN {
                Bad(format!("{text}: make room"))
            } else {
                Good(text)
            }
        }
    }
}

async fn look_at_port(what: &str, address: SocketAddr, flag: &str) -> Finding {
    match TcpListener::bind(address).await {
        Ok(_) => Good(format!("{what} may listen on {address}")),
        Err(error) => Bad(format!(
            "{what} cannot listen on {address} ({error}): name another with {flag}, or add \
             --next-free-port"
        )),
    }
}

/// The port for TLS and its certificate, where one is wanted.
async fn look_at_tls(args: &MqttsArgs) -> Vec<Finding> {
    let (address, files) = match args.wanted() {
        Ok(Some(wanted)) => wanted,
        Ok(None) => {
            return vec![Note(
                "devices sign in without TLS only: --mqtts, with a certificate, adds a port for it"
                    .to_owned(),
            )];
        }
        Err(error) => return vec![Bad(error.to_string())],
    };
    let certificate = match ServerTls::load(files) {
        Ok(_) => Good("certificate and key belong together".to_owned()),
        Err(error) => Bad(format!("{:#}", anyhow::Error::new(error))),
    };
    vec![certificate, look_at_port("MQTTS", address, "--mqtts").await]
}

fn look_at_templates(folder: Option<&Path>) -> Vec<Finding> {
    let Some(folder) = folder else {
        return Vec::new();
    };
    if !folder.is_dir() {
        let text = format!(
            "there is no folder {} for label templates",
            folder.display()
        );
        return vec![Bad(text)];
    }
    let shelved = Shelf::new(Some(folder.to_owned())).list();
    let own = shelved.into_iter().filter(|shelved| !shelved.built_in);
    let look = |shelved: label_printer::Shelved| match shelved.template {
        Ok(template) => Good(format!(
            "the label template {} is for {}",
            shelved.name, template.size
        )),
        Err(error) => Bad(format!("a label template cannot be used: {error}")),
    };
    own.map(look).collect()
}

fn look_at_public_url(url: Option<&str>) -> Finding {
    match url {
        None => Note(
            "SUYUAN_PUBLIC_URL is not set: printed codes lead to this machine's own address, which \
             a buyer's phone does not reach"
                .to_owned(),
        ),
        Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
            Good(format!("printed codes begin with {url}"))
        }
        Some(url) => Bad(format!("SUYUAN_PUBLIC_URL is {url:?}; it must begin with https://")),
    }
}
