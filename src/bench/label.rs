//! `suyuan bench label`: codes, bitmaps, printer language and PDF a second on one core, beside what
//! others take for the same codes in the same run, and how much memory long runs need.
//!
//! The one thing to know: ratios compare CPU time, not the clock on the wall, so that a busy
//! machine slows neither side down.

mod rival;
mod run;

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use label_printer::{
    Adjust, Batch, CodeLink, Correction, Dpi, Field, Format, Label, Press, Size, Template,
};
use serde_json::{Value, json};

use super::ingest::round;
use super::print;
use super::process::Watched;
use crate::clock;

/// How many different links the codes are of: a printer never prints one twice.
const LINKS: u32 = 1_000;
/// Labels of each PDF that is measured: ten sheets.
const PDF_LABELS: u32 = 240;
/// The common roll.
const ROLL: Size = Size::of(40, 30);
/// The common sheet.
const SHEET: &str = "a4-3x8";

/// Flags of `bench label`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How long each measurement lasts; there are about six.
    #[arg(long, value_name = "S", default_value_t = 3.0,
          value_parser = super::seconds)]
    seconds: f64,
    /// Lengths of runs to a printer whose memory is measured; 100000 takes some minutes.
    #[arg(
        long,
        value_name = "N",
        value_delimiter = ',',
        default_value = "1000,5000",
        value_parser = clap::value_parser!(u32).range(1..=100_000)
    )]
    runs: Vec<u32>,
    /// Labels of the one PDF whose memory is measured.
    #[arg(long, value_name = "N", default_value_t = 10_000,
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pdf_labels: u32,
    /// Leave libqrencode and segno out; they are run by python3, segno installed by pip.
    #[arg(long)]
    alone: bool,
    /// Where segno is installed, and found the next time.
    #[arg(long, value_name = "DIR", default_value_os_t = super::baseline::default_folder())]
    baseline_folder: PathBuf,
    /// Folder for the lists and files of the runs.
    #[arg(long, value_name = "DIR", default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
}

/// How often something was done, and what it took.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    count: u64,
    wall: Duration,
    cpu: Duration,
}

impl Pace {
    /// Things a second on the wall.
    fn per_second(self) -> f64 {
        self.count as f64 / self.wall.as_secs_f64()
    }

    /// Things a second of CPU time.
    fn per_cpu_second(self) -> f64 {
        self.count as f64 / self.cpu.as_secs_f64().max(f64::EPSILON)
    }
}

/// Measures everything.
pub async fn run(args: Args) -> anyhow::Result<()> {
    print(&conditions());
    let links = links()?;
    print(&codes(&args, &links).await?);
    let mut press = Press::new()?;
    let labels: Vec<Label> = links.into_iter().map(label).collect();
    let drawn = pace(args.seconds, &labels, |label| {
        Ok(black_box(press.compose(label, ROLL, Dpi::D203)?)
            .size()
            .width_mm
            .into())
    })?;
    print(
        &json!({ "bench": "label", "bitmaps_per_s": round(drawn.per_second()),
        "size": ROLL.to_string(), "dpi": 203, "per_cpu_s": round(drawn.per_cpu_second()) }),
    );
    let sent = pace(args.seconds, &labels, |label| {
        let sheet = press.compose(label, ROLL, Dpi::D203)?;
        Ok(black_box(press.write(&sheet, Format::Tspl)?).len())
    })?;
    print(
        &json!({ "bench": "label", "tspl_labels_per_s": round(sent.per_second()),
        "size": ROLL.to_string(), "dpi": 203, "per_cpu_s": round(sent.per_cpu_second()) }),
    );
    print(&pdf(&args, &mut press, &labels)?);
    drop(press);
    let whole = run::measure(&args.folder, (Format::Pdf, SHEET), args.pdf_labels);
    print(&whole.await?);
    for labels in &args.runs {
        let one = run::measure(&args.folder, (Format::Tspl, "40x30mm"), *labels);
        print(&one.await?);
    }
    Ok(())
}

fn conditions() -> Value {
    json!({
        "bench": "label",
        "conditions": {
            "suyuan": env!("CARGO_PKG_VERSION"),
            "optimised": !cfg!(debug_assertions),
            "cores": std::thread::available_parallelism().map_or(0, usize::from),
            "load_average": std::fs::read_to_string("/proc/loadavg").ok()
                .and_then(|text| text.split(' ').next()?.parse::<f64>().ok()),
        },
    })
}

/// Links as a county prints them.
fn links() -> anyhow::Result<Vec<CodeLink>> {
    let link = |number: u32| {
        let serial = format!("7K3QX9M2A{number:04}");
        let uri = format!("https://id.ys.gov.cn/01/06901234567892/10/YS261123-1/21/{serial}");
        CodeLink::parse(&uri)
    };
    Ok((0..LINKS).map(link).collect::<Result<_, _>>()?)
}

fn label(link: CodeLink) -> Label {
    Label::new(link)
        .with(Field::Product, "永顺莓茶 特级")
        .with(Field::Producer, "演示莓茶专业合作社")
        .with(Field::Weight, "250 g")
        .with(Field::Harvested, "2026-11-20")
        .with(Field::Lot, "YS261123-1")
        .with(Field::Code, "901234567893")
}

/// Does something with one after the other until the time is over.
fn pace<T>(
    seconds: f64,
    things: &[T],
    mut work: impl FnMut(&T) -> anyhow::Result<usize>,
) -> anyhow::Result<Pace> {
    let own = Watched::One(std::process::id());
    let cpu = || own.cpu_us().map(Duration::from_micros);
    let (begun, cpu_begun) = (clock::instant(), cpu());
    let (mut count, mut sum) = (0, 0_usize);
    for thing in things.iter().cycle() {
        if begun.elapsed().as_secs_f64() >= seconds {
            break;
        }
        sum = sum.wrapping_add(work(thing)?);
        count += 1;
    }
    black_box(sum);
    let wall = begun.elapsed();
    let used = cpu()
        .zip(cpu_begun)
        .map(|(now, then)| now.saturating_sub(then));
    Ok(Pace {
        count,
        wall,
        cpu: used.unwrap_or(wall),
    })
}

/// Codes alone, and what others need for the same ones.
async fn codes(args: &Args, links: &[CodeLink]) -> anyhow::Result<Value> {
    let version = links
        .first()
        .and_then(|link| link.symbol(Correction::Q))
        .context("the link has no symbol")?
        .version();
    let ours = pace(args.seconds, links, |link| {
        Ok(black_box(link.symbol(Correction::Q)).map_or(0, |symbol| symbol.version().into()))
    })?;
    let mut line = json!({ "bench": "label", "codes_per_s": round(ours.per_second()),
        "per_cpu_s": round(ours.per_cpu_second()), "version": version, "correction": "Q" });
    if args.alone {
        return Ok(line);
    }
    for name in rival::NAMES {
        match rival::measure(name, &args.baseline_folder, args.seconds, links).await {
            Ok((theirs, their_version)) => {
                line[name] = json!({ "codes_per_s": round(theirs.per_second()),
                    "per_cpu_s": round(theirs.per_cpu_second()), "version": their_version });
                let ratio = ours.per_cpu_second() / theirs.per_cpu_second();
                line[format!("ratio_to_{name}")] = round(ratio).into();
            }
            Err(error) => line[name] = json!({ "skipped": format!("{error:#}") }),
        }
    }
    Ok(line)
}

/// A4 sheets in PDF, some at a time.
fn pdf(args: &Args, press: &mut Press, labels: &[Label]) -> anyhow::Result<Value> {
    let template = Template::named(SHEET)?;
    let batch = &labels[..labels.len().min(PDF_LABELS as usize)];
    let made = pace(args.seconds, &[batch], |batch| {
        let place = (template.sheet, 1);
        let mut pdf = Batch::begin(press, Vec::new(), Format::Pdf, Adjust::default(), place)?;
        for (label, number) in batch.iter().zip(1..) {
            let sheet = press.compose_on(label, &template, Dpi::D203)?;
            pdf.add(press, &sheet, number)?;
        }
        Ok(black_box(pdf.finish()?).len())
    })?;
    let labels = batch.len() as f64;
    Ok(
        json!({ "bench": "label", "pdf_labels_per_s": round(made.per_second() * labels),
        "template": SHEET, "labels_of_a_file": PDF_LABELS,
        "per_cpu_s": round(made.per_cpu_second() * labels) }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_counts_what_was_done_in_its_time() -> anyhow::Result<()> {
        let pace = pace(0.05, &[1, 2, 3], |thing| Ok(*thing))?;
        assert!(
            pace.count > 3 && pace.wall >= Duration::from_millis(50),
            "{pace:?}"
        );
        assert!(pace.per_second() > 0.0 && pace.per_cpu_second() > 0.0);
        Ok(())
    }

    #[test]
    fn the_codes_are_those_that_a_county_prints() -> anyhow::Result<()> {
        let links = links()?;
        let versions = links.iter().filter_map(|link| link.symbol(Correction::Q));
        let versions: std::collections::BTreeSet<_> = versions.map(|s| s.version()).collect();
        assert_eq!(versions.into_iter().collect::<Vec<_>>(), [5]);
        Ok(())
    }
}
