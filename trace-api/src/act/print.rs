//! Printing: jobs for printers, and what people tell the ledger about labels. Both look at a run
//! that is locked, so that two of them never overlap unseen.

use label_printer::device::Address;
use label_printer::{Adjust, Dpi, Format};
use store::account::Account;
use store::label::{self, Run};
use store::label_ledger::{self as ledger, Fate, NewLine};
use store::print_job::{self as jobs, Job, JobState, NewJob};
use store::printer::{self, Printer, Settings};
use store::{AnyConnection, StoreError};
use uuid::Uuid;

use super::label::{Goods, check_state, goods, unprintable};
use crate::authority::Scope;
use crate::problem::{Answer, Kind, Problem};
use crate::state::AppState;

/// Most characters of a reason or of a printer's name.
const TEXT_CHARS_MAX: usize = 200;

/// A run of this number that this account may see, locked; with what it is for.
pub(super) async fn lock_run(
    connection: &mut AnyConnection,
    account: &Account,
    run_id: i64,
) -> Answer<(Run, Goods)> {
    let run = ledger::lock_run(connection, run_id).await?;
    seen(connection, account, run).await
}

/// A run of this number that this account may see, with what it is for.
pub(crate) async fn find_run(
    connection: &mut AnyConnection,
    account: &Account,
    run_id: i64,
) -> Answer<(Run, Goods)> {
    let run = label::find_run(connection, run_id).await?;
    seen(connection, account, run).await
}

async fn seen(
    connection: &mut AnyConnection,
    account: &Account,
    run: Option<Run>,
) -> Answer<(Run, Goods)> {
    let run = run.ok_or_else(no_run)?;
    let goods = goods(connection, &run).await?;
    if Scope::of(account).holds(goods.producer_id()) {
        return Ok((run, goods));
    }
    Err(no_run())
}

/// Labels of a lot that is stopped or gone are not printed.
pub(super) fn check_goods(goods: &Goods) -> Answer<()> {
    goods.lot().map_or(Ok(()), |lot| check_state(lot.state))
}

/// There is no such run, or it belongs to somebody else.
pub(crate) fn no_run() -> Problem {
    Problem::told(
        Kind::NotFound,
        "there is no such run of labels",
        "没有这批标签",
    )
}

/// First and last label of what is wanted, all where nothing is said.
pub(crate) fn range(count: i32, first: Option<i32>, last: Option<i32>) -> Answer<(i32, i32)> {
    let (first, last) = (first.unwrap_or(1), last.unwrap_or(count));
    if 1 <= first && first <= last && last <= count {
        return Ok((first, last));
    }
    let en = format!("first and last must lie between 1 and {count}, first not after last");
    Err(Problem::invalid(
        "first",
        en,
        format!("起止序号须在 1 至 {count} 之间"),
    ))
}

fn text(field: &'static str, text: &str) -> Answer<String> {
    let text = text.trim();
    if text.is_empty()
        || text.chars().count() > TEXT_CHARS_MAX
        || text.chars().any(char::is_control)
    {
        let en = format!("write 1 to {TEXT_CHARS_MAX} characters");
        return Err(Problem::invalid(
            field,
            en,
            format!("请填写 1 至 {TEXT_CHARS_MAX} 个字"),
        ));
    }
    Ok(text.to_owned())
}

/// A job as it is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Made by the client.
    pub(crate) request_id: Uuid,
    /// Printer.
    pub(crate) printer_id: i64,
    /// First label.
    pub(crate) first: Option<i32>,
    /// Last label.
    pub(crate) last: Option<i32>,
    /// Why labels are printed again.
    pub(crate) reason: Option<String>,
}

/// Makes a job for a printer. Labels that were printed before need a reason; voided ones are never
/// printed again.
pub(crate) async fn start(
    state: &AppState,
    account: &Account,
    run_id: i64,
    wanted: &Wanted,
) -> Answer<Job> {
    let mut transaction = super::begin(state, account).await?;
    let (run, goods) = lock_run(&mut transaction, account, run_id).await?;
    check_goods(&goods)?;
    let numbers = range(run.count, wanted.first, wanted.last)?;
    let printer = find_printer(&mut transaction, account, wanted.printer_id).await?;
    if printer.settings.language == Format::Pdf.name() {
        let en = "this printer is for PDF: download the file and print it at its actual size";
        return Err(Problem::invalid(
            "printer_id",
            en,
            "该打印机使用 PDF：请下载文件并按实际大小打印",
        ));
    }
    let reason = wanted
        .reason
        .as_deref()
        .map(|reason| text("reason", reason))
        .transpose()?;
    let (again, _) = ledger::touched(&mut transaction, run_id, numbers).await?;
    let new = NewJob {
        run_id,
        printer_id: printer.id,
        numbers,
        reason: reason.as_deref(),
        request_id: wanted.request_id,
        account_id: Some(account.id),
    };
    // A request that was sent before has made its own labels look printed.
    let known = jobs::find_by_request(&mut transaction, wanted.request_id).await?;
    if known.is_none() && again && reason.is_none() {
        let en = "some of these labels were printed before: say why they are printed again";
        return Err(Problem::invalid(
            "reason",
            en,
            "其中有已打印的标签：请填写补打原因",
        ));
    }
    let id = jobs::insert(&mut transaction, &new, state.now()).await?;
    let job = jobs::find(&mut transaction, id).await?.ok_or_else(no_job)?;
    if job.run_id != run_id {
        return Err(super::lot::request_used());
    }
    transaction.commit().await.map_err(StoreError::from)?;
    state.spool().notify_one();
    Ok(job)
}

fn no_job() -> Problem {
    Problem::told(
        Kind::NotFound,
        "there is no such print job",
        "没有这个打印任务",
    )
}

/// A job that this account may see.
pub(crate) async fn find_job(
    connection: &mut AnyConnection,
    account: &Account,
    id: i64,
) -> Answer<Job> {
    let job = jobs::find(connection, id).await?.ok_or_else(no_job)?;
    find_run(connection, account, job.run_id)
        .await
        .map_err(|_| no_job())?;
    Ok(job)
}

/// What can be done with a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// Stop after the label that is being printed.
    Pause,
    /// Go on, from this label where one is named. Labels that were taken and are printed again
    /// count as spoiled.
    Resume(Option<i32>),
    /// Give up.
    Cancel,
}

/// Pauses, resumes or cancels a job.
pub(crate) async fn command(
    state: &AppState,
    account: &Account,
    id: i64,
    command: Command,
) -> Answer<Job> {
    let (mut transaction, now) = (super::begin(state, account).await?, state.now());
    let job = find_job(&mut transaction, account, id).await?;
    let (_, goods) = lock_run(&mut transaction, account, job.run_id).await?;
    let done = match command {
        Command::Pause => jobs::pause(&mut transaction, id, now).await?,
        Command::Cancel => jobs::cancel(&mut transaction, id, now).await?,
        Command::Resume(from) => {
            check_goods(&goods)?;
            let next = from.unwrap_or(job.next);
            let resumed = jobs::resume(&mut transaction, id, next, now).await?;
            if resumed && next < job.next {
                let line = NewLine {
                    run_id: job.run_id,
                    numbers: (next, job.next - 1),
                    fate: Fate::Spoiled,
                    reason: job.problem.as_deref().unwrap_or("printed again"),
                    request_id: state.draw_uuid(),
                    account_id: Some(account.id),
                };
                ledger::insert(&mut transaction, &line, now).await?;
            }
            resumed
        }
    };
    let job = jobs::find(&mut transaction, id).await?.ok_or_else(no_job)?;
    if !done && !is_there_already(command, job.state) {
        let en = format!(
            "a job that is {} cannot do that, or has no such label",
            job.state.word()
        );
        return Err(Problem::told(
            Kind::IllegalStep,
            en,
            "打印任务当前状态不允许此操作",
        ));
    }
    transaction.commit().await.map_err(StoreError::from)?;
    state.spool().notify_one();
    Ok(job)
}

/// A command that is sent again finds its work done.
fn is_there_already(command: Command, at: JobState) -> bool {
    match command {
        Command::Pause => at == JobState::Paused,
        Command::Cancel => at == JobState::Cancelled,
        Command::Resume(_) => matches!(at, JobState::Waiting | JobState::Printing),
    }
}

/// What somebody says about labels.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// Made by the client.
    pub(crate) request_id: Uuid,
    /// What became of them.
    pub(crate) fate: Fate,
    /// First label.
    pub(crate) first: Option<i32>,
    /// Last label.
    pub(crate) last: Option<i32>,
    /// Why; must be said but for labels that were printed.
    pub(crate) reason: String,
}

/// Writes a line into the ledger.
pub(crate) async fn tell(
    state: &AppState,
    account: &Account,
    run_id: i64,
    told: &Told,
) -> Answer<()> {
    let mut transaction = super::begin(state, account).await?;
    let (run, _) = lock_run(&mut transaction, account, run_id).await?;
    let reason = match told.fate {
        Fate::Printed if told.reason.trim().is_empty() => String::new(),
        _ => text("reason", &told.reason)?,
    };
    let line = NewLine {
        run_id,
        numbers: range(run.count, told.first, told.last)?,
        fate: told.fate,
        reason: &reason,
        request_id: told.request_id,
        account_id: Some(account.id),
    };
    ledger::insert(&mut transaction, &line, state.now()).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// A printer that this account may use.
pub(crate) async fn find_printer(
    connection: &mut AnyConnection,
    account: &Account,
    id: i64,
) -> Answer<Printer> {
    let found = printer::find(connection, id).await?;
    let scope = Scope::of(account);
    let usable = |printer: &Printer| {
        printer
            .settings
            .producer_id
            .is_none_or(|own| scope.holds(own))
    };
    found
        .filter(usable)
        .ok_or_else(|| Problem::told(Kind::NotFound, "there is no such printer", "没有这台打印机"))
}

/// Saves how far a printer is off: right, down and scale. Whoever may use it may say so.
pub(crate) async fn set_offset(
    state: &AppState,
    account: &Account,
    id: i64,
    [right_mm, down_mm, scale]: [f32; 3],
) -> Answer<()> {
    let mut transaction = super::begin(state, account).await?;
    let found = find_printer(&mut transaction, account, id).await?;
    let settings = check_settings(Settings {
        offset_x_mm: right_mm,
        offset_y_mm: down_mm,
        scale,
        ..found.settings
    })?;
    printer::update(&mut transaction, id, &settings).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Settings that a printer can have, or which of them it cannot.
pub(crate) fn check_settings(mut settings: Settings) -> Answer<Settings> {
    settings.name = text("name", &settings.name)?;
    let format = language(&settings)?;
    if format != Format::Pdf {
        let address = settings.address.trim().parse::<Address>();
        let address = address.map_err(|error| {
            Problem::invalid("address", error.to_string(), "打印机地址无法识别")
        })?;
        settings.address = address.to_string();
    }
    dpi(&settings)?;
    adjust(&settings).check().map_err(|error| {
        Problem::invalid("offset_x_mm", error.to_string(), "偏移、缩放或间隙超出范围")
    })?;
    if (settings.scale - 1.0).abs() > f32::EPSILON && format != Format::Pdf {
        let en = "a scale is for PDF only: other printers print whole dots";
        return Err(Problem::invalid("scale", en, "只有 PDF 可以缩放"));
    }
    Ok(settings)
}

/// What a printer understands.
pub(crate) fn language(settings: &Settings) -> Answer<Format> {
    let format = settings.language.parse::<Format>().ok();
    format
        .filter(|format| format.is_language() || *format == Format::Pdf)
        .ok_or_else(|| {
            Problem::invalid(
                "language",
                "write tspl, zpl, escpos or pdf",
                "打印语言须为 tspl、zpl、escpos 或 pdf",
            )
        })
}

/// A printer's resolution.
pub(crate) fn dpi(settings: &Settings) -> Answer<Dpi> {
    settings
        .dpi
        .to_string()
        .parse()
        .map_err(|error: label_printer::LabelError| Problem {
            field: Some("dpi"),
            ..unprintable(error)
        })
}

/// A printer's habits.
pub(crate) const fn adjust(settings: &Settings) -> Adjust {
    Adjust {
        x_mm: settings.offset_x_mm,
        y_mm: settings.offset_y_mm,
        scale: settings.scale,
        gap_mm: settings.gap_mm,
        cut: settings.cut,
    }
}
