//! `suyuan label`: renders or prints labels without a database, one from flags or many from a list.
//! What may be printed is decided in `label_printer`; here are the flags, the list and the files.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use label_printer::device::Address;
use label_printer::{
    Adjust, CodeLink, Dpi, Field, Format, Grid, Label, LabelError, Press, SIZES, Size, Template,
};

mod cancel;
mod list;
mod out;
mod run;

/// Flags of `suyuan label`.
#[derive(Debug, Clone, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["link", "csv"]))]
pub struct Args {
    /// GS1 Digital Link that the code says, with http:// or https://; the host is printed in
    /// capitals, which makes the code smaller.
    #[arg(long, value_name = "URI")]
    link: Option<String>,
    /// A text on the label, as often as there are texts; a field's name and what it says, such as
    /// product=莓茶. With --csv: on every label that has no text of its own there.
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_text, long_help = text_help())]
    text: Vec<(Field, String)>,
    /// A list of labels, at most 100,000: the first line names its columns, link and any fields;
    /// - for standard input.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// The first label of the list that is printed; where a run was broken off, it says how to go
    /// on.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "link",
          value_parser = clap::value_parser!(u32).range(1..))]
    start: u32,
    /// What to write; zpl, tspl and escpos are sent to the printer as they are. Many labels as png
    /// or svg become one zip archive.
    #[arg(long, default_value = "png", value_parser = named::<Format>(Format::ALL.map(Format::name)))]
    format: Format,
    /// Size of the label, width x height in millimetres.
    #[arg(long, default_value = "40x30mm", value_parser = parse_size, long_help = size_help())]
    size: Size,
    /// Template instead of a size: a built-in one, such as a4-3x8, or a file of your own.
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "size", long_help = template_help())]
    template: Option<String>,
    /// Resolution of the printer, in dots an inch.
    #[arg(long, default_value = "203", value_parser = named::<Dpi>(["203", "300"]))]
    dpi: Dpi,
    /// Printer dots of one module of the code, where the default (4 at 203 dpi, 6 at 300 dpi, or
    /// the template's) is not wanted.
    #[arg(long, value_name = "DOTS")]
    module_dots: Option<u32>,
    /// A ruler with the code instead of the texts: shows offset and scale of a printer.
    #[arg(long, conflicts_with = "csv")]
    ruler: bool,
    #[command(flatten)]
    printer: PrinterArgs,
    /// File to write; - for standard output.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "-",
        conflicts_with = "print"
    )]
    out: PathBuf,
}

/// What a printer needs.
#[derive(Debug, Clone, clap::Args)]
struct PrinterArgs {
    /// Sends to a printer instead of a file: `tcp://HOST:9100`, `file:///dev/usb/lp0` or
    /// `ipp://HOST:631/printers/NAME`.
    #[arg(long, value_name = "URL")]
    print: Option<Address>,
    /// First free label of a half-used sheet, counted line by line from 1.
    #[arg(long, value_name = "N", default_value_t = 1)]
    first: u32,
    /// Prints everything further right, in millimetres; to the left with a minus.
    #[arg(
        long,
        value_name = "MM",
        default_value_t = 0.0,
        allow_hyphen_values = true
    )]
    offset_x: f32,
    /// Prints everything further down, in millimetres; up with a minus.
    #[arg(
        long,
        value_name = "MM",
        default_value_t = 0.0,
        allow_hyphen_values = true
    )]
    offset_y: f32,
    /// Prints everything so many times larger, 0.95 to 1.05; only in PDF.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    scale: f32,
    /// Gap between two labels of the roll in millimetres; 0 for continuous paper.
    #[arg(long, value_name = "MM", default_value_t = 2.0)]
    gap: f32,
    /// Cuts each label off.
    #[arg(long)]
    cut: bool,
}

impl PrinterArgs {
    const fn adjust(&self) -> Adjust {
        Adjust {
            x_mm: self.offset_x,
            y_mm: self.offset_y,
            scale: self.scale,
            gap_mm: self.gap,
            cut: self.cut,
        }
    }
}

/// Renders or prints what was asked for.
#[expect(
    clippy::needless_pass_by_value,
    reason = "every subcommand is handed its flags"
)]
pub fn run(args: Args) -> anyhow::Result<()> {
    ensure!(
        args.printer.print.is_none() || args.format.is_language() || args.format == Format::Pdf,
        "a printer is sent tspl, zpl, escpos or pdf, not {}: name its language with --format",
        args.format
    );
    let template = args.template()?;
    let mut press = Press::new()?;
    match &args.csv {
        Some(list) => run::many(&args, &mut press, &template, list),
        None => run::one(&args, &mut press, &template),
    }
}

impl Args {
    fn template(&self) -> anyhow::Result<Template> {
        let name = match &self.template {
            None => self.size.to_string(),
            Some(name) if Template::source(name).is_some() => name.clone(),
            Some(file) => return Ok(Template::load(Path::new(file))?),
        };
        Ok(Template::named(&name)?)
    }

    fn grid(&self) -> Result<Grid, LabelError> {
        match self.module_dots {
            Some(dots) => Grid::with_module_dots(self.dpi, dots),
            None => Ok(self.dpi.into()),
        }
    }

    /// The label of the flags.
    fn label(&self) -> anyhow::Result<Label> {
        let link = self.link.as_deref().context("the label has no link")?;
        let label = Label::new(CodeLink::parse(link)?);
        Ok(self.with_texts(label))
    }

    /// A label with the texts of the flags.
    fn with_texts(&self, label: Label) -> Label {
        let add = |label: Label, (field, text): &(Field, String)| label.with(*field, text);
        self.text.iter().fold(label, add)
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

fn template_help() -> String {
    format!(
        "Template instead of a size: a built-in one or a TOML file of your own, which may build \
         upon one of them.\n\nBuilt-in: {}.",
        Template::names().join(", ")
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
mod tests;
