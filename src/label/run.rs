//! Runs: one label, or a list from its n-th label on, with a bar on a terminal and, whatever
//! happens, a word about how far it came.

use std::path::Path;

use anyhow::{Context as _, anyhow, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use label_printer::{Format, Label, Press, Sheet, Template};

use super::Args;
use super::cancel::Cancel;
use super::list::List;
use super::out::Out;
use crate::log;

/// Most mistakes of a list that are told at once.
const MISTAKES_MAX: usize = 10;

/// Makes one label.
pub fn one(args: &Args, press: &mut Press, template: &Template) -> anyhow::Result<()> {
    let label = args.label()?;
    let sheet = compose(args, press, template, &label)?;
    if let Some(warning) = sheet.warning() {
        log::complain(&format!("warning: {warning}"));
    }
    // One picture is a picture, not an archive.
    if args.printer.print.is_none() && matches!(args.format, Format::Png | Format::Svg) {
        let bytes = press.write(&sheet, args.format)?;
        return write(&args.out, &bytes);
    }
    let mut out = Out::open(args, press, template)?;
    out.add(press, &sheet, 1)?;
    out.close(1).map(|_| ())
}

fn write(out: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write as _;
    if out == Path::new("-") {
        let mut stdout = std::io::stdout().lock();
        let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
        return written.context("cannot write the label");
    }
    std::fs::write(out, bytes).with_context(|| format!("cannot write {}", out.display()))
}

fn compose(
    args: &Args,
    press: &mut Press,
    template: &Template,
    label: &Label,
) -> anyhow::Result<Sheet> {
    if args.ruler {
        return Ok(press.ruler(label.link(), template.size, args.dpi)?);
    }
    Ok(press.compose_on(label, template, args.grid()?)?)
}

/// Makes the labels of a list.
pub fn many(
    args: &Args,
    press: &mut Press,
    template: &Template,
    path: &Path,
) -> anyhow::Result<()> {
    let cancel = Cancel::on_ctrl_c().context("cannot listen for Ctrl-C")?;
    // Standard input cannot be read twice; its mistakes show when their label comes.
    let total = if path == Path::new("-") {
        None
    } else {
        Some(check(args, press, path)?)
    };
    if let Some(total) = total {
        ensure!(
            args.start <= total,
            "--start {} is beyond the list's {total} labels",
            args.start
        );
    }
    let bar = bar(total.map(|total| total + 1 - args.start));
    let ended = Run {
        args,
        press,
        template,
        cancel,
        bar: bar.clone(),
        warned: false,
    }
    .go(path);
    bar.finish_and_clear();
    log::complain(&ended?);
    Ok(())
}

fn bar(total: Option<u32>) -> ProgressBar {
    let Some(total) = total else {
        return ProgressBar::new_spinner();
    };
    let look = "{bar:40} {pos}/{len} labels, {per_sec}, {eta} left";
    let style = ProgressStyle::with_template(look).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(u64::from(total)).with_style(style)
}

/// Reads the whole list before anything is made; returns how many labels it has.
fn check(args: &Args, press: &Press, path: &Path) -> anyhow::Result<u32> {
    let mut list = List::open(path)?;
    let (mut total, mut mistakes, mut further) = (0, Vec::new(), 0);
    while let Some(entry) = list.next(|label| args.with_texts(label))? {
        total = entry.number;
        let checked = entry.label.and_then(|label| Ok(press.check(&label)?));
        if let Err(error) = checked {
            if mistakes.len() < MISTAKES_MAX {
                mistakes.push(format!("line {}: {error:#}", entry.line));
            } else {
                further += 1;
            }
        }
    }
    if further > 0 {
        mistakes.push(format!("and {further} more"));
    }
    ensure!(
        mistakes.is_empty(),
        "nothing was printed; these lines of {} must be mended first:\n{}",
        path.display(),
        mistakes.join("\n")
    );
    Ok(total)
}

/// A list that is being made.
struct Run<'a> {
    args: &'a Args,
    press: &'a mut Press,
    template: &'a Template,
    cancel: Cancel,
    bar: ProgressBar,
    warned: bool,
}

impl Run<'_> {
    /// Makes the labels and says how many; the error says where to go on.
    fn go(&mut self, path: &Path) -> anyhow::Result<String> {
        let mut list = List::open(path)?;
        let mut out = Out::open(self.args, self.press, self.template)?;
        let mut added = 0;
        let mut stopped = None;
        loop {
            let entry = match list.next(|label| self.args.with_texts(label)) {
                Ok(Some(entry)) => entry,
                Ok(None) => break,
                Err(error) => {
                    stopped = Some(error);
                    break;
                }
            };
            if entry.number < self.args.start {
                continue;
            }
            if self.cancel.is_cancelled() {
                stopped = Some(anyhow!("cancelled"));
                break;
            }
            let made = entry
                .label
                .and_then(|label| self.add(&mut out, &label, entry.number));
            if let Err(error) = made {
                stopped = Some(error.context(format!("line {}", entry.line)));
                break;
            }
            added += 1;
            self.bar.inc(1);
        }
        self.end(out, added, stopped)
    }

    fn add(&mut self, out: &mut Out, label: &Label, number: u32) -> anyhow::Result<()> {
        let sheet = compose(self.args, self.press, self.template, label)?;
        if let (false, Some(warning)) = (self.warned, sheet.warning()) {
            self.warned = true;
            self.bar
                .suspend(|| log::complain(&format!("warning: {warning}")));
        }
        out.add(self.press, &sheet, number)
    }

    /// Ends the output, whole as far as it came, and says where the list goes on.
    fn end(&self, out: Out, added: u32, stopped: Option<anyhow::Error>) -> anyhow::Result<String> {
        let start = self.args.start;
        let before = out.done(added);
        let (done, stopped) = match stopped {
            None => match out.close(added) {
                Ok(done) => (done, None),
                Err(error) => (before, Some(error)),
            },
            // What was made before stays; an error of the end would hide the first one.
            Some(error) => (out.close(added).unwrap_or(before), Some(error)),
        };
        let labels = match done {
            0 => "no label".to_owned(),
            done => format!("labels {start} to {}", start + done - 1),
        };
        let Some(error) = stopped else {
            if added == 0 {
                bail!("--start {start} is beyond the end of the list");
            }
            return Ok(format!("{labels} of the list are made"));
        };
        let another = self
            .args
            .printer
            .print
            .is_none()
            .then_some(" --out ANOTHER-FILE");
        Err(error.context(format!(
            "{labels} of the list were made; go on with --start {}{}",
            start + done,
            another.unwrap_or_default()
        )))
    }
}
