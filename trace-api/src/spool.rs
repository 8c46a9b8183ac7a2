//! The spool: takes waiting print jobs, one a printer at a time, sends their labels, and writes
//! down after every few of them how far it came.
//!
//! The one thing to know: a label counts after its printer took it. What stops a job (a jam, a
//! printer that is away, a server that ends) pauses it at the next label; people resume it.

use std::time::Duration;

use label_printer::device::{Address, Device, DeviceError, Patience};
use label_printer::{Adjust, Dpi, Format, Label, Press, Template};
use model::gs1::Serial;
use store::label::Printable;
use store::print_job::{self as jobs, Job};
use store::printer::{self, Printer};
use store::{StoreError, label};
use time::OffsetDateTime;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::act::label::{Pattern, goods, pattern, template};
use crate::act::print::{adjust, dpi, language};
use crate::problem::Problem;
use crate::state::AppState;

/// Labels that are sent between two looks at whether somebody paused the job.
const STRIDE: i64 = 20;
/// Most jobs at once.
const JOBS_MAX: usize = 8;
/// How often waiting jobs are looked for when nobody says that there is one.
const TICK: Duration = Duration::from_secs(5);
/// A job whose server did not write for so long lost it.
const LEASE: time::Duration = time::Duration::minutes(5);

/// Why a job ended early.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error("the database did not answer")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Told(String),
    #[error("the printer has no valid settings")]
    Settings,
    #[error("somebody stopped it")]
    Commanded,
}

/// Prints until `closing`.
pub(crate) async fn run(state: &AppState, closing: &CancellationToken) {
    let mut running = JoinSet::new();
    let mut tick = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            () = closing.cancelled() => break,
            () = state.spool().notified() => {}
            _ = tick.tick() => {}
            Some(ended) = running.join_next(), if !running.is_empty() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a print job broke");
                }
            }
        }
        while running.len() < JOBS_MAX {
            match take(state).await {
                Ok(Some(job)) => {
                    let (state, closing) = (state.clone(), closing.clone());
                    running.spawn(async move { print(&state, job, &closing).await });
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!(error = store::chain(&error), "no print job could be taken");
                    break;
                }
            }
        }
    }
    // Each job sees that the server ends after the labels that it is sending.
    while running.join_next().await.is_some() {}
}

async fn take(state: &AppState) -> Result<Option<i64>, StoreError> {
    let now = state.now();
    let mut connection = state.store().acquire().await?;
    let lost = jobs::pause_lost(&mut connection, "the server was restarted", now).await?;
    if lost > 0 {
        tracing::warn!(lost, "print jobs lost their server and are paused");
    }
    jobs::claim(&mut connection, now, now + LEASE).await
}

/// Prints one job and writes down how it ended.
async fn print(state: &AppState, id: i64, closing: &CancellationToken) {
    let problem = match labels(state, id, closing).await {
        Ok(()) => None,
        Err(Stop::Commanded) => return,
        Err(stop) => Some(store::chain(&stop)),
    };
    if let Some(problem) = &problem {
        tracing::warn!(job = id, problem, "a print job was paused");
    }
    let ended = async {
        let mut connection = state.store().acquire().await?;
        jobs::end(&mut connection, id, problem.as_deref(), state.now()).await
    };
    if let Err(error) = ended.await {
        tracing::warn!(
            job = id,
            error = store::chain(&error),
            "its end was not written down"
        );
    }
    state.spool().notify_one();
}

/// What a job prints, and on what.
struct Work {
    job: Job,
    pattern: Pattern,
    template: Template,
    address: Address,
    format: Format,
    dpi: Dpi,
    adjust: Adjust,
}

async fn load(state: &AppState, id: i64) -> Result<Work, Stop> {
    let mut connection = state.store().acquire().await?;
    let job = jobs::find(&mut connection, id)
        .await?
        .ok_or(Stop::Commanded)?;
    let printer = printer::find(&mut connection, job.printer_id).await?;
    let run = label::find_run(&mut connection, job.run_id)
        .await?
        .ok_or(Stop::Settings)?;
    let goods = goods(&mut connection, &run)
        .await
        .map_err(|_| Stop::Settings)?;
    let Printer { settings, .. } = printer.ok_or(Stop::Settings)?;
    let wrong = |_: Problem| Stop::Settings;
    let unprintable = |problem: Problem| Stop::Told(problem.words(false).unwrap_or_default());
    Ok(Work {
        template: template(state, "size", &job.size).map_err(unprintable)?,
        address: settings.address.parse().map_err(|_| Stop::Settings)?,
        format: language(&settings).map_err(wrong)?,
        dpi: dpi(&settings).map_err(wrong)?,
        adjust: adjust(&settings),
        job,
        pattern: pattern(&mut connection, goods).await?,
    })
}

/// Sends the labels of a job, some at a time.
async fn labels(state: &AppState, id: i64, closing: &CancellationToken) -> Result<(), Stop> {
    let work = load(state, id).await?;
    let mut hands = open(&work).await?;
    let mut next = work.job.next;
    while next <= work.job.last {
        if closing.is_cancelled() {
            return Err(Stop::Told("the server was stopped".to_owned()));
        }
        let mut connection = state.store().acquire().await?;
        let numbers = (next, work.job.last);
        let valid =
            label::list_printable(&mut connection, work.job.run_id, numbers, STRIDE).await?;
        drop(connection);
        let mut sheets = Vec::with_capacity(valid.len());
        for said in &valid {
            sheets.push((said.number, sheet(state, &work.pattern, said)?));
        }
        let (template, adjust) = (work.template.clone(), work.adjust);
        let sending = move || hands.send(&sheets, &template, adjust);
        let sent = tokio::task::spawn_blocking(sending).await;
        let (back, taken, fault) = sent.map_err(|_| Stop::Told("a label broke it".to_owned()))?;
        hands = back;
        // After the last valid label only voided ones are left.
        let reached = if valid.is_empty() {
            Some(work.job.last)
        } else {
            taken
        };
        next = reached.map_or(next, |number| number + 1);
        advance(state, id, next, fault).await?;
    }
    Ok(())
}

fn sheet(state: &AppState, pattern: &Pattern, said: &Printable) -> Result<Label, Stop> {
    let serial = Serial::parse(&said.serial).map_err(|_| Stop::Settings)?;
    let label = pattern.label(state, serial, said.short.as_deref());
    label.map_err(|_| Stop::Settings)
}

/// Writes down how far a job came, whatever stopped it.
async fn advance(state: &AppState, id: i64, next: i32, fault: Option<String>) -> Result<(), Stop> {
    let now: OffsetDateTime = state.now();
    let mut connection = state.store().acquire().await?;
    let goes_on = jobs::advance(&mut connection, id, next, now, now + LEASE).await?;
    match fault {
        Some(fault) => Err(Stop::Told(fault)),
        None if goes_on => Ok(()),
        None => Err(Stop::Commanded),
    }
}

/// A press and the printer that it feeds.
struct Hands {
    press: Press,
    device: Device,
    format: Format,
    dpi: Dpi,
}

async fn open(work: &Work) -> Result<Hands, Stop> {
    let (address, format, dpi) = (work.address.clone(), work.format, work.dpi);
    let opened = tokio::task::spawn_blocking(move || {
        let device = Device::open(&address, format, Patience::default()).map_err(told)?;
        let press = Press::new().map_err(|error| error.to_string())?;
        Ok(Hands {
            press,
            device,
            format,
            dpi,
        })
    });
    let opened = opened
        .await
        .map_err(|_| Stop::Told("the printer broke it".to_owned()))?;
    opened.map_err(Stop::Told)
}

#[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
fn told(error: DeviceError) -> String {
    store::chain(&error)
}

impl Hands {
    /// Sends labels; returns the last one that the printer took, and what stopped it.
    fn send(
        mut self,
        sheets: &[(i32, Label)],
        template: &Template,
        adjust: Adjust,
    ) -> (Self, Option<i32>, Option<String>) {
        let before = self.device.taken();
        let fault = sheets
            .iter()
            .try_for_each(|(_, label)| {
                let sheet = self.press.compose_on(label, template, self.dpi);
                let sheet = sheet.map_err(|error| error.to_string())?;
                let bytes = self.press.write_for(&sheet, self.format, &adjust);
                self.device
                    .send(&bytes.map_err(|error| error.to_string())?)
                    .map_err(told)
            })
            .and_then(|()| self.device.finish().map_err(told))
            .err();
        let taken = (self.device.taken() - before) as usize;
        let last = taken.checked_sub(1).and_then(|at| sheets.get(at));
        let last = last.map(|(number, _)| *number);
        (self, last, fault)
    }
}
