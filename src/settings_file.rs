//! `suyuan.toml`: the same names as the flags, without their dashes. A flag wins over the
//! environment, the environment over the file, the file over the built-in default.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, bail};
use clap::{Arg, Command};
use toml::{Table, Value};

/// Values of the file, by flag name.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SettingsFile(BTreeMap<String, String>);

impl SettingsFile {
    /// Reads a file. One that is not there is empty, unless somebody named it.
    pub fn read(path: &Path, named: bool) -> anyhow::Result<Self> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && !named => {
                return Ok(Self::default());
            }
            Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
        };
        Self::parse(&text).with_context(|| format!("in {}", path.display()))
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let table: Table = text.parse().context("this is no TOML")?;
        let mut values = BTreeMap::new();
        for (name, value) in table {
            let text = match value {
                Value::String(text) => text,
                Value::Integer(number) => number.to_string(),
                Value::Float(number) => number.to_string(),
                Value::Boolean(flag) => flag.to_string(),
                _ => bail!("{name} is neither text, number nor true or false"),
            };
            values.insert(name.replace('_', "-"), text);
        }
        Ok(Self(values))
    }

    /// Puts the values in as defaults of the flags of the same names. A name that no subcommand
    /// has is an error: a misspelt setting must not be lost in silence.
    pub fn apply(&self, mut command: Command) -> anyhow::Result<Command> {
        for (name, value) in &self.0 {
            let mut known = false;
            command = command.mut_subcommands(|subcommand| {
                known |= subcommand.get_arguments().any(|arg| is_named(arg, name));
                set_default(subcommand, name, value)
            });
            if !known {
                bail!("no subcommand has a setting {name:?}");
            }
        }
        Ok(command)
    }
}

fn is_named(arg: &Arg, name: &str) -> bool {
    arg.get_long() == Some(name)
}

fn set_default(subcommand: Command, name: &str, value: &str) -> Command {
    let id = subcommand
        .get_arguments()
        .find(|arg| is_named(arg, name))
        .map(Arg::get_id)
        .cloned();
    match id {
        Some(id) => subcommand.mut_arg(id, |arg| arg.default_value(value.to_owned())),
        None => subcommand,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        let http = Arg::new("http")
            .long("http")
            .default_value("127.0.0.1:8080");
        Command::new("suyuan").subcommand(Command::new("up").arg(http))
    }

    fn http(file: &str, flags: &[&str]) -> anyhow::Result<String> {
        let command = SettingsFile::parse(file)?.apply(command())?;
        let matches = command.try_get_matches_from(["suyuan", "up"].iter().chain(flags))?;
        let up = matches.subcommand_matches("up").context("no subcommand")?;
        up.get_one::<String>("http").cloned().context("no value")
    }

    #[test]
    fn the_file_wins_over_the_default_and_a_flag_over_the_file() -> anyhow::Result<()> {
        assert_eq!(http("", &[])?, "127.0.0.1:8080");
        assert_eq!(http("http = \"0.0.0.0:80\"", &[])?, "0.0.0.0:80");
        assert_eq!(
            http("http = \"0.0.0.0:80\"", &["--http", "[::1]:1"])?,
            "[::1]:1"
        );
        Ok(())
    }

    #[test]
    fn a_misspelt_setting_is_an_error() {
        assert!(http("htpp = \"0.0.0.0:80\"", &[]).is_err());
        assert!(http("http = [1]", &[]).is_err());
        assert!(http("http", &[]).is_err());
    }

    #[test]
    fn a_file_that_nobody_named_may_be_missing() {
        let nowhere = Path::new("/nonexistent/suyuan.toml");
        assert_eq!(
            SettingsFile::read(nowhere, false).ok(),
            Some(SettingsFile::default())
        );
        assert!(SettingsFile::read(nowhere, true).is_err());
    }
}
