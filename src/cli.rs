//! The command line: subcommands and the flags that several of them share. Flags of one
//! subcommand alone stand in its own file.

use std::env;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use ingest::TlsFiles;

use crate::log::{self, LogFormat};
use crate::oidc::OidcArgs;
use crate::settings_file::SettingsFile;
use crate::{
    backup, bench, doctor, ingest_role, label, link, migrate, mirror, serve, simulate, up, user,
    verify,
};

/// Where settings are read from when nobody names a file.
const SETTINGS_FILE: &str = "suyuan.toml";

/// Suyuan (溯源): proves what a farming county sells.
///
/// Every flag may also come from the environment (named in brackets) or from suyuan.toml, where
/// it is spelt without the dashes. A flag wins over the environment, the environment over the
/// file.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub struct Cli {
    /// File with settings; suyuan.toml in the current folder is read where it exists.
    #[arg(long, global = true, env = "SUYUAN_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// How log lines look; `SUYUAN_LOG` chooses which are written.
    #[arg(
        long,
        global = true,
        env = "SUYUAN_LOG_FORMAT",
        value_enum,
        default_value = "text"
    )]
    pub log_format: LogFormat,
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run everything in one process: database, MQTT front, ingest, API and pages.
    Up(Box<up::Args>),
    /// Run the API and the pages alone, on a database that is there.
    Serve(serve::Args),
    /// Run ingest alone, on a database that is there; any number of these may run.
    Ingest(ingest_role::Args),
    /// Bring a database's tables up to date.
    Migrate(migrate::Args),
    /// Send readings as virtual gateways, or recorded ones.
    Simulate(Box<simulate::Args>),
    /// Render labels without a database.
    Label(label::Args),
    /// Parse a GS1 Digital Link and print its keys.
    Link(link::Args),
    /// Copy the pages of lots on sale, signed, as files for any web host or bucket.
    Mirror(Box<mirror::Args>),
    /// Check such a copy against the key that signed it.
    Verify(verify::Args),
    /// Make accounts.
    User(user::Args),
    /// Copy database and pictures into one file, while the system runs.
    Backup(backup::Args),
    /// Put a backup into an empty database, or check it.
    Restore(backup::RestoreArgs),
    /// Measure this machine against its own limits.
    Bench(bench::Args),
    /// Say what is missing or misconfigured, and how to mend it.
    Doctor(doctor::Args),
}

/// Which database.
#[derive(Debug, Clone, Args)]
pub struct DatabaseArgs {
    /// PostgreSQL 15 or newer, as `postgres://user:password@host/database`.
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: String,
}

/// Where the API and the pages are reached.
#[derive(Debug, Clone, Args)]
pub struct HttpArgs {
    /// Address to listen on for HTTP.
    #[arg(
        long,
        env = "SUYUAN_HTTP",
        value_name = "ADDR",
        default_value = "127.0.0.1:8080",
        overrides_with = "http"
    )]
    pub http: SocketAddr,
    /// Stem of the printed codes, as a buyer's phone reaches it; `http://ADDR` where it is not set.
    #[arg(long, env = "SUYUAN_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Days before the end of a credential (资质证书) at which its holder and the supervisors are
    /// told.
    #[arg(
        long,
        env = "SUYUAN_REMIND_DAYS",
        value_name = "DAYS",
        default_value = "30"
    )]
    pub remind_days: u16,
    /// The county's outline as `GeoJSON` that names its 审图号, drawn behind the townships; without it
    /// they are a sketch.
    #[arg(long, env = "SUYUAN_COUNTY_MAP", value_name = "FILE")]
    pub county_map: Option<PathBuf>,
    #[command(flatten)]
    pub oidc: OidcArgs,
    /// Folder of your own label templates, TOML files; they are read again whenever one is used.
    /// `label-templates` below the data directory where it is not given.
    #[arg(long, env = "SUYUAN_LABEL_TEMPLATES", value_name = "DIR")]
    pub label_templates: Option<PathBuf>,
}

impl HttpArgs {
    /// The stem of the printed codes of a server that listens on `address`.
    pub fn stem(&self, address: SocketAddr) -> String {
        let named = self.public_url.clone();
        named.unwrap_or_else(|| format!("http://{address}"))
    }
}

/// Where readings come from.
#[derive(Debug, Clone, Args)]
pub struct IntakeArgs {
    /// A broker to read from as well, as `mqtt://user:password@host:port`.
    #[arg(
        long,
        env = "SUYUAN_MQTT_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub mqtt_url: Option<String>,
    /// Client id at that broker; each process needs its own.
    #[arg(
        long,
        env = "SUYUAN_MQTT_CLIENT_ID",
        value_name = "ID",
        default_value = "suyuan-ingest"
    )]
    pub mqtt_client_id: String,
    /// Name of a shared subscription at that broker, so that several processes divide the work.
    #[arg(long, env = "SUYUAN_MQTT_GROUP", value_name = "NAME")]
    pub mqtt_group: Option<String>,
    /// Certificate authorities that may vouch for a broker at `mqtts://`, PEM; this machine's own
    /// where no file is named.
    #[arg(long, env = "SUYUAN_MQTT_CA", value_name = "FILE")]
    pub mqtt_ca: Option<PathBuf>,
    /// Devices of other makes to read at that broker: thingsboard, chirpstack, tasmota, sparkplug;
    /// all where it is not given, none where it is empty.
    #[arg(
        long,
        env = "SUYUAN_MQTT_SCHEMES",
        value_name = "NAMES",
        default_value = "thingsboard,chirpstack,tasmota,sparkplug"
    )]
    pub mqtt_schemes: String,
    /// Zone of devices whose clocks show local time and do not say which (Tasmota).
    #[arg(
        long,
        env = "SUYUAN_DEVICE_ZONE",
        value_name = "HOURS",
        default_value = "+08:00",
        allow_hyphen_values = true
    )]
    pub device_zone: String,
    /// Connections of devices at once; beyond it new ones are turned away.
    #[arg(long, value_name = "COUNT", default_value_t = 4_096)]
    pub front_connections: usize,
    /// Connections at once from one address (IPv6: one network of 64 bits).
    #[arg(long, value_name = "COUNT", default_value_t = 1_024)]
    pub address_connections: usize,
    /// Messages a second that one gateway may publish; over it the gateway is read more slowly,
    /// and nothing is lost. 0 for no limit.
    #[arg(long, value_name = "PER_SECOND", default_value_t = 50_000)]
    pub gateway_rate: u32,
    /// Reports after which a batch is written.
    #[arg(long, value_name = "REPORTS", default_value_t = 1_000)]
    pub batch_reports: usize,
    /// Milliseconds after which a batch is written, full or not.
    #[arg(long, value_name = "MS", default_value_t = 200)]
    pub batch_linger_ms: u64,
    /// Days back beyond which a device's clock is not believed: its readings are kept at their
    /// arrival and flagged.
    #[arg(long, value_name = "DAYS", default_value_t = 3_650)]
    pub oldest_days: u64,
    /// Minutes ahead of the arrival beyond which a device's clock is not believed.
    #[arg(long, value_name = "MIN", default_value_t = 60)]
    pub ahead_minutes: u64,
}

/// How long readings are kept.
#[derive(Debug, Clone, Args)]
pub struct KeepArgs {
    /// Days that raw readings are kept; their hourly and daily rollups are kept for ever.
    #[arg(
        long,
        env = "SUYUAN_RAW_DAYS",
        value_name = "DAYS",
        default_value_t = store::retention::RAW_DAYS_DEFAULT,
        value_parser = clap::value_parser!(u32).range(1..=36_500)
    )]
    pub raw_days: u32,
}

/// Where devices that speak TLS sign in.
#[derive(Debug, Clone, Args)]
pub struct MqttsArgs {
    /// Address to listen on for MQTT over TLS, usually port 8883; needs certificate and key.
    #[arg(long, env = "SUYUAN_MQTTS", value_name = "ADDR")]
    pub mqtts: Option<SocketAddr>,
    /// Certificate for it, PEM, and behind it those that lead to its authority; read again when
    /// the file changes.
    #[arg(long, env = "SUYUAN_MQTTS_CERTIFICATE", value_name = "FILE")]
    pub mqtts_certificate: Option<PathBuf>,
    /// Private key of the certificate, PEM; read again when the file changes.
    #[arg(long, env = "SUYUAN_MQTTS_KEY", value_name = "FILE")]
    pub mqtts_key: Option<PathBuf>,
}

impl MqttsArgs {
    /// The address and the files, where TLS is wanted.
    pub fn wanted(&self) -> anyhow::Result<Option<(SocketAddr, TlsFiles)>> {
        let Some(address) = self.mqtts else {
            return Ok(None);
        };
        match (&self.mqtts_certificate, &self.mqtts_key) {
            (Some(certificate), Some(key)) => {
                let files = TlsFiles {
                    certificate: certificate.clone(),
                    key: key.clone(),
                };
                Ok(Some((address, files)))
            }
            _ => bail!("--mqtts needs --mqtts-certificate and --mqtts-key"),
        }
    }
}

/// How to end.
#[derive(Debug, Clone, Args)]
pub struct ShutdownArgs {
    /// Seconds that an orderly end may take before what is left is dropped.
    #[arg(
        long,
        env = "SUYUAN_SHUTDOWN_SECONDS",
        value_name = "S",
        default_value_t = 20
    )]
    pub shutdown_seconds: u64,
}

impl ShutdownArgs {
    /// The deadline as a duration.
    pub fn deadline(&self) -> Duration {
        Duration::from_secs(self.shutdown_seconds)
    }
}

/// Reads the command line, the environment and the settings file. Usage errors end with exit
/// code 2, a settings file that cannot be used with 1.
pub fn parse() -> Result<Cli, ExitCode> {
    let named = named_file(env::args_os()).or_else(|| env::var_os("SUYUAN_CONFIG"));
    let path = named
        .clone()
        .map_or_else(|| PathBuf::from(SETTINGS_FILE), PathBuf::from);
    let command = SettingsFile::read(&path, named.is_some())
        .and_then(|file| file.apply(Cli::command()))
        .map_err(|error| {
            log::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        })?;
    let matches = command.get_matches();
    // Derived parsing of matches that clap itself accepted: a failure is a usage error too.
    Cli::from_arg_matches(&matches).map_err(|error| {
        log::complain(&error.to_string());
        ExitCode::from(2)
    })
}

/// The file that `--config` names. Looked for before clap parses, since the file decides what
/// clap takes for defaults.
fn named_file(mut args: impl Iterator<Item = OsString>) -> Option<OsString> {
    while let Some(arg) = args.next() {
        if arg == "--config" {
            return args.next();
        }
        if let Some(path) = arg.to_str().and_then(|arg| arg.strip_prefix("--config=")) {
            return Some(path.into());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_settings_file_is_found_wherever_it_is_named() {
        let find = |args: &[&str]| named_file(args.iter().map(OsString::from));
        assert_eq!(
            find(&["suyuan", "up", "--config", "a.toml"]),
            Some("a.toml".into())
        );
        assert_eq!(
            find(&["suyuan", "--config=b.toml", "up"]),
            Some("b.toml".into())
        );
        assert_eq!(find(&["suyuan", "up"]), None);
    }
}
