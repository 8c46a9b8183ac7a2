//! The labels of a run as one file, made while it is sent: a hundred thousand labels take the
//! memory of a few, but for a PDF, which has a limit.

use std::io::{self, Write};

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt as _, stream};
use label_printer::{
    Adjust, Batch, Dpi, Format, Label, LabelError, PDF_LABELS_MAX, Press, Template,
};
use model::gs1::Serial;
use store::account::Account;
use store::label::{self, Printable};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::label::{Pattern, pattern, template, unprintable};
use super::print::{adjust, check_goods, dpi, find_printer, find_run, range};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Serials that are read at once.
const CHUNK: i64 = 500;
/// Pieces of the file that wait for a slow reader.
pub(crate) const PIECES: usize = 8;
/// Bytes of a piece.
const PIECE_BYTES: usize = 64 * 1024;

/// What is wanted.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Name of the format.
    pub(crate) format: String,
    /// Name of the template; the run's size where it is missing.
    pub(crate) template: Option<String>,
    /// First free label of a half-used sheet.
    pub(crate) start_at: u32,
    /// First label.
    pub(crate) first: Option<i32>,
    /// Last label.
    pub(crate) last: Option<i32>,
    /// Whose habits are used.
    pub(crate) printer: Option<i64>,
}

/// A file that is to be made.
struct Work {
    state: AppState,
    pattern: Pattern,
    run_id: i64,
    numbers: (i32, i32),
    format: Format,
    template: Template,
    start_at: u32,
    dpi: Dpi,
    adjust: Adjust,
}

/// Makes the file; what can be refused is refused before its first byte.
pub(crate) async fn answer(
    state: &AppState,
    account: &Account,
    run_id: i64,
    wanted: &Wanted,
) -> Answer<Response> {
    let work = prepare(state, account, run_id, wanted).await?;
    let sample = work.pattern.sample(state)?;
    // The first label shows whether the others can be drawn.
    let (work, checked) = tokio::task::spawn_blocking(move || {
        let checked = work.check(&sample);
        (work, checked)
    })
    .await
    .map_err(Problem::internal)?;
    checked.map_err(unprintable)?;
    let (media_type, extension) = match work.format {
        Format::Png | Format::Svg => ("application/zip", "zip"),
        other => (other.media_type(), other.name()),
    };
    let name = format!(
        "attachment; filename=\"labels-{}-{run_id}.{extension}\"",
        work.pattern.goods.code()
    );
    let (sender, pieces) = mpsc::channel(PIECES);
    let task = tokio::task::spawn_blocking(move || work.make(Pieces::new(sender)));
    // Whoever compresses it asks once more after its end.
    let body = Body::from_stream(stream::unfold((pieces, Some(task)), next_piece).fuse());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&name).map_err(Problem::internal)?,
        ),
    ];
    Ok((headers, body).into_response())
}

async fn prepare(
    state: &AppState,
    account: &Account,
    run_id: i64,
    wanted: &Wanted,
) -> Answer<Work> {
    let mut connection = state.store().acquire().await?;
    let (run, goods) = find_run(&mut connection, account, run_id).await?;
    check_goods(&goods)?;
    let format: Format = wanted.format.parse().map_err(|error: LabelError| {
        Problem::invalid("format", error.to_string(), "没有这种文件格式")
    })?;
    let name = wanted.template.as_deref().unwrap_or(&run.size);
    let template = template(state, "template", name)?;
    let numbers = range(run.count, wanted.first, wanted.last)?;
    if format == Format::Pdf && (numbers.1 - numbers.0) as u32 >= PDF_LABELS_MAX {
        let en = format!(
            "a PDF holds at most {PDF_LABELS_MAX} labels: ask for a part with first and last"
        );
        let zh = format!("一个 PDF 最多 {PDF_LABELS_MAX} 枚标签，请分段下载");
        return Err(Problem::invalid("last", en, zh));
    }
    let settings = match wanted.printer {
        Some(id) => Some(find_printer(&mut connection, account, id).await?.settings),
        None => None,
    };
    Ok(Work {
        state: state.clone(),
        pattern: pattern(&mut connection, goods).await?,
        run_id,
        numbers,
        format,
        template,
        start_at: wanted.start_at,
        dpi: settings.as_ref().map_or(Ok(Dpi::D203), dpi)?,
        adjust: settings.as_ref().map_or_else(Adjust::default, adjust),
    })
}

impl Work {
    /// Whether a label like these can be drawn and written.
    fn check(&self, sample: &Label) -> Result<(), LabelError> {
        let mut press = self.state.presses().take()?;
        let sheet = press.compose_on(sample, &self.template, self.dpi)?;
        let mut batch = self.begin(&mut press, io::sink())?;
        let added = batch.add(&mut press, &sheet, 1);
        self.state.presses().give_back(press);
        added.map_err(|error| match error {
            label_printer::BatchError::Label(error) => error,
            _ => LabelError::Encode,
        })
    }

    fn begin<W: Write>(&self, press: &mut Press, out: W) -> Result<Batch<W>, LabelError> {
        let place = (self.template.sheet, self.start_at);
        Batch::begin(press, out, self.format, self.adjust, place)
    }

    /// Makes the whole file on a blocking thread.
    fn make(self, pieces: Pieces) -> io::Result<()> {
        let runtime = tokio::runtime::Handle::current();
        let mut press = self.state.presses().take().map_err(io::Error::other)?;
        let mut batch = self.begin(&mut press, pieces).map_err(io::Error::other)?;
        let (mut next, last) = self.numbers;
        while next <= last {
            let valid = runtime.block_on(self.printable((next, last)));
            let valid = valid.map_err(io::Error::other)?;
            next = valid.last().map_or(last, |label| label.number) + 1;
            for said in valid {
                let label = self.label(&said).map_err(io::Error::other)?;
                let sheet = press.compose_on(&label, &self.template, self.dpi);
                let sheet = sheet.map_err(io::Error::other)?;
                let number = u32::try_from(said.number).unwrap_or_default();
                batch
                    .add(&mut press, &sheet, number)
                    .map_err(io::Error::other)?;
            }
        }
        batch.finish().map_err(io::Error::other)?;
        self.state.presses().give_back(press);
        Ok(())
    }

    fn label(&self, said: &Printable) -> Result<Label, LabelError> {
        let serial = Serial::parse(&said.serial).map_err(|_| LabelError::Encode)?;
        let label = self
            .pattern
            .label(&self.state, serial, said.short.as_deref());
        label.map_err(|_| LabelError::Encode)
    }

    async fn printable(&self, numbers: (i32, i32)) -> Result<Vec<Printable>, store::StoreError> {
        let mut connection = self.state.store().acquire().await?;
        label::list_printable(&mut connection, self.run_id, numbers, CHUNK).await
    }
}

/// Hands written bytes to the reader of the body, piece by piece.
pub(crate) struct Pieces {
    sender: mpsc::Sender<Bytes>,
    piece: Vec<u8>,
}

impl Pieces {
    pub(crate) fn new(sender: mpsc::Sender<Bytes>) -> Self {
        Self {
            sender,
            piece: Vec::with_capacity(PIECE_BYTES),
        }
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let piece = Bytes::from(std::mem::take(&mut self.piece));
        if piece.is_empty() {
            return Ok(());
        }
        // The reader went away: nothing more is made.
        self.sender
            .blocking_send(piece)
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

pub(crate) type Making = (mpsc::Receiver<Bytes>, Option<JoinHandle<io::Result<()>>>);

/// The next piece; at the end, why it ended early, which breaks the connection off, so that half a
/// file never looks whole.
pub(crate) async fn next_piece(
    (mut pieces, mut task): Making,
) -> Option<(io::Result<Bytes>, Making)> {
    if let Some(piece) = pieces.recv().await {
        return Some((Ok(piece), (pieces, task)));
    }
    let error = match task.take()?.await {
        Ok(Ok(())) => return None,
        Ok(Err(error)) => error,
        Err(error) => io::Error::other(error),
    };
    tracing::warn!(%error, "a file was broken off");
    Some((Err(error), (pieces, None)))
}
