//! The page of a run of labels (print, sheets, jobs, ledger) and that of a printer's habits.
//!
//! Forms (POST, all with `csrf`):
//! - `/producer/runs/{id}/jobs`: `request`, `printer`, `first`, `last`, `reason` (may be empty);
//! - `/producer/runs/{id}/ledger`: `request`, `kind` (`printed`, `spoiled`, `voided`), `first`,
//!   `last`, `reason`;
//! - `/producer/jobs/{id}`: `do` (`pause`, `resume`, `cancel`), `from` for `resume`;
//! - `/producer/printers/{id}`: `x`, `y`, `scale`; `/producer/printers/{id}/test-page`: `size`.

use askama::Template;
use model::time::Timestamp;

use super::producer::{LotRow, Medium};
use super::{Page, Site};

/// The page of a run.
#[derive(Debug, Clone)]
pub struct RunView {
    /// Number of the run.
    pub id: i64,
    /// Its lot.
    pub lot: LotRow,
    /// When it was made.
    pub at: Timestamp,
    /// What it is printed on.
    pub medium: String,
    /// Serials drawn, printed, spoiled, voided.
    pub counts: [i64; 4],
    /// The first label that no job has printed; 1 where all were.
    pub next: i32,
    /// Printers that print by themselves.
    pub printers: Vec<PrinterRow>,
    /// Office printers, for their offset.
    pub office: Vec<PrinterRow>,
    /// Sheets on offer.
    pub sheets: Vec<Medium>,
    /// The sheet whose places are shown.
    pub sheet: Option<SheetPlaces>,
    /// Print jobs, newest first.
    pub jobs: Vec<JobRow>,
    /// The ledger, newest first.
    pub lines: Vec<LineRow>,
    /// Fresh idempotency keys of the two forms.
    pub requests: [String; 2],
}

/// A printer in a selection.
#[derive(Debug, Clone)]
pub struct PrinterRow {
    /// Its number.
    pub id: i64,
    /// What people call it.
    pub name: String,
    /// Language and resolution, such as `TSPL · 203 dpi`.
    pub about: String,
    /// Its offset, such as `0.5 / -1 mm`.
    pub offset: String,
}

/// A sheet to click on.
#[derive(Debug, Clone)]
pub struct SheetPlaces {
    /// Name of its template.
    pub name: String,
    /// Its places, row by row, counted from 1.
    pub rows: Vec<Vec<u32>>,
}

/// A print job.
#[derive(Debug, Clone)]
pub struct JobRow {
    /// Its number.
    pub id: i64,
    /// Name of the printer.
    pub printer: String,
    /// First label.
    pub first: i32,
    /// Last label.
    pub last: i32,
    /// The label that is sent next.
    pub next: i32,
    /// Where it stands.
    pub state: JobStage,
    /// Why it was paused.
    pub problem: Option<String>,
    /// Why labels are printed again.
    pub reason: Option<String>,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobStage {
    /// Waits for its printer.
    Waiting,
    /// Is being printed.
    Printing,
    /// Was stopped.
    Paused,
    /// Came to its end.
    Done,
    /// Was given up.
    Cancelled,
}

impl JobStage {
    const fn key(self) -> &'static str {
        match self {
            Self::Waiting => "job.waiting",
            Self::Printing => "job.printing",
            Self::Paused => "job.paused",
            Self::Done => "job.done",
            Self::Cancelled => "job.cancelled",
        }
    }

    const fn tone(self) -> &'static str {
        match self {
            Self::Done => "good",
            Self::Paused => "bad",
            Self::Waiting | Self::Printing => "warn",
            Self::Cancelled => "calm",
        }
    }

    /// The word of the API, which the page's script compares with.
    const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Printing => "printing",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    const fn is_paused(self) -> bool {
        matches!(self, Self::Paused)
    }

    const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Printing)
    }
}

impl JobRow {
    /// Labels that the printer took.
    const fn done(&self) -> i32 {
        self.next - self.first
    }

    /// Labels of the job.
    const fn total(&self) -> i32 {
        self.last - self.first + 1
    }
}

/// A line of the ledger.
#[derive(Debug, Clone)]
pub struct LineRow {
    /// When it was written.
    pub at: Timestamp,
    /// What became of the labels.
    pub fate: LabelFate,
    /// First label.
    pub first: i32,
    /// Last label.
    pub last: i32,
    /// Why.
    pub reason: String,
}

/// What became of labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelFate {
    /// Printed elsewhere.
    Printed,
    /// Lost on paper.
    Spoiled,
    /// Not valid any more.
    Voided,
}

impl LabelFate {
    const fn key(self) -> &'static str {
        match self {
            Self::Printed => "run.printed",
            Self::Spoiled => "run.spoiled",
            Self::Voided => "run.voided",
        }
    }
}

/// A printer's habits.
#[derive(Debug, Clone)]
pub struct PrinterView {
    /// The printer.
    pub printer: PrinterRow,
    /// Whether it is an office printer: it has a scale, and its test page is downloaded.
    pub is_office: bool,
    /// Offset to the right, offset down, scale, as they were written.
    pub habits: [String; 3],
    /// What a test page can be made for.
    pub media: Vec<Medium>,
}

/// The page of a run.
pub fn run(site: &Site, view: &RunView) -> Page {
    RunPage { site, view }.render()
}

/// The page of a printer.
pub fn printer(site: &Site, view: &PrinterView) -> Page {
    PrinterPage { site, view }.render()
}

#[derive(Template)]
#[template(path = "label_run.html")]
struct RunPage<'a> {
    site: &'a Site,
    view: &'a RunView,
}

#[derive(Template)]
#[template(path = "printer.html")]
struct PrinterPage<'a> {
    site: &'a Site,
    view: &'a PrinterView,
}
