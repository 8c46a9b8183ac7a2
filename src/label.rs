//! `suyuan label`: renders one label without a database. What may be printed is decided in
//! `label_printer`; here are only the flags and the file.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use label_printer::{CodeLink, Dpi, Field, Format, Label, LabelError, Press, SIZES, Size};

/// Flags of `suyuan label`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// GS1 Digital Link that the code says, with http:// or https://; the host is printed in
    /// capitals, which makes the code smaller.
    #[arg(long, value_name = "URI")]
    link: String,
    /// A text on the label, as often as there are texts; a field's name and what it says, such as
    /// product=莓茶.
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_text, long_help = text_help())]
    text: Vec<(Field, String)>,
    /// What to write; zpl and tspl are sent to the printer as they are.
    #[arg(long, default_value = "png", value_parser = named::<Format>(Format::ALL.map(Format::name)))]
    format: Format,
    /// Size of the label, width x height in millimetres.
    #[arg(long, default_value = "40x30mm", value_parser = parse_size, long_help = size_help())]
    size: Size,
    /// Resolution of the printer, in dots an inch.
    #[arg(long, default_value = "203", value_parser = named::<Dpi>(["203", "300"]))]
    dpi: Dpi,
    /// File to write; - for standard output.
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
}

/// Renders the label, reads its code back, and writes it.
#[expect(
    clippy::needless_pass_by_value,
    reason = "every subcommand is handed its flags"
)]
pub fn run(args: Args) -> anyhow::Result<()> {
    let bytes = render(&args)?;
    write(&args.out, &bytes)
}

fn render(args: &Args) -> Result<Vec<u8>, LabelError> {
    let blank = Label::new(CodeLink::parse(&args.link)?);
    let label = args
        .text
        .iter()
        .fold(blank, |label, (field, text)| label.with(*field, text));
    let mut press = Press::new()?;
    let sheet = press.compose(&label, args.size, args.dpi)?;
    press.write(&sheet, args.format)
}

fn write(out: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if out == Path::new("-") {
        let mut stdout = std::io::stdout().lock();
        stdout
            .write_all(bytes)
            .and_then(|()| stdout.flush())
            .context("cannot write the label")
    } else {
        std::fs::write(out, bytes).with_context(|| format!("cannot write {}", out.display()))
    }
}

/// Reads `KEY=VALUE`.
fn parse_text(text: &str) -> Result<(Field, String), String> {
    let (key, value) = text
        .split_once('=')
        .ok_or("it must be written as KEY=VALUE")?;
    let field = key.parse().map_err(|error: LabelError| error.to_string())?;
    Ok((field, value.to_owned()))
}

fn text_help() -> String {
    let names: Vec<_> = Field::ALL.iter().map(|field| field.name()).collect();
    format!(
        "A text on the label, as often as there are texts: a field's name and what it says, such \
         as product=莓茶.\n\nFields: {}.",
        names.join(", ")
    )
}

/// Reads a size that has a template.
fn parse_size(text: &str) -> Result<Size, LabelError> {
    let size = text.parse()?;
    SIZES
        .contains(&size)
        .then_some(size)
        .ok_or(LabelError::SizeUnknown(size))
}

fn size_help() -> String {
    let sizes: Vec<_> = SIZES.iter().map(ToString::to_string).collect();
    format!(
        "Size of the label, width x height in millimetres: {}.",
        sizes.join(", ")
    )
}

/// A parser that shows the names it takes in `--help`.
fn named<T>(names: impl IntoIterator<Item = &'static str>) -> impl TypedValueParser<Value = T>
where
    T: std::str::FromStr<Err = LabelError> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names).try_map(|name| name.parse::<T>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    /// Enough of a command line to parse the flags.
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    const LINK: &str = "https://a.cn/01/09506000134352/10/A-1";

    fn parse(flags: &[&str]) -> Result<Args, clap::Error> {
        let line = ["label", "--link", LINK].iter().chain(flags);
        Line::try_parse_from(line).map(|line| line.args)
    }

    #[test]
    fn a_label_is_written_to_its_file() -> anyhow::Result<()> {
        let out = std::env::temp_dir().join(format!("suyuan-label-{}.png", std::process::id()));
        let name = out.display().to_string();
        run(parse(&[
            "--text",
            "product=莓茶",
            "--text",
            "weight=250 g",
            "--out",
            &name,
        ])?)?;
        let written = std::fs::read(&out);
        std::fs::remove_file(&out)?;
        assert!(written?.starts_with(b"\x89PNG"));
        Ok(())
    }

    #[test]
    fn every_format_can_be_rendered() -> anyhow::Result<()> {
        for (format, start) in [
            ("svg", "<svg"),
            ("tspl", "SIZE 50 mm"),
            ("zpl", "^XA^PW591"),
        ] {
            let flags = ["--format", format, "--size", "50x30mm", "--dpi", "300"];
            let bytes = render(&parse(&flags)?)?;
            assert!(bytes.starts_with(start.as_bytes()), "{format}");
        }
        Ok(())
    }

    #[test]
    fn wrong_flags_are_a_matter_of_usage() {
        for flags in [
            ["--text", "colour=red"],
            ["--text", "product"],
            ["--format", "bmp"],
            ["--size", "41x30mm"],
            ["--dpi", "600"],
        ] {
            assert!(parse(&flags).is_err(), "{flags:?}");
        }
    }

    #[test]
    fn a_link_that_may_not_be_printed_is_refused() -> anyhow::Result<()> {
        let mut args = parse(&[])?;
        for link in [
            "/01/09506000134352",
            "https://a.cn/01/09506000134353",
            "https://a.cn",
        ] {
            link.clone_into(&mut args.link);
            assert_eq!(render(&args).err().map(|error| error.kind()), Some("link"));
        }
        Ok(())
    }

    #[test]
    fn a_text_that_cannot_be_printed_is_refused_by_name() -> anyhow::Result<()> {
        let refused = render(&parse(&["--text", "product=茶🍵"])?).err();
        assert_eq!(refused.map(|error| error.kind()), Some("no-glyph"));
        Ok(())
    }
}
