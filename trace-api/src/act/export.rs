//! One producer's data whole and portable: a ZIP of JSON, CSV and its uploaded files, made while it
//! is sent. The members are those of the API. What others entered about others is not in it.

use std::collections::BTreeSet;
use std::io;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use store::account::Account;
use store::credential::{self, Filter as Credentials};
use store::document;
use store::farm_record::{self, FarmRecord, Filter as Records};
use store::filing::{self, Subject};
use store::lot::{self, Lot};
use store::picture::PictureHash;
use store::producer::{Place, Producer};
use store::product::{self, Filter as Products};
use store::test_report::{self, Filter as Reports};
use store::{
    AnyConnection, Connection, attachment, certificate, county, event, input, label, lot_step,
    plot, shipment, test_result,
};
use time::format_description::well_known::Rfc3339;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use self::archive::{Archive, Made};
use super::lot::iso;
use super::run_file::{PIECES, Pieces, next_piece};
use super::upload::hex;
use crate::api::v1;
use crate::problem::{Answer, Problem};
use crate::rule::sheet::Sheet;
use crate::rule::upload::Media;
use crate::state::AppState;

mod archive;

/// Rows that are read at once.
const PAGE: i64 = 200;
/// Most tests of a lot.
const TESTS_MAX: i64 = 500;

/// What stands in the archive beside the data.
const README: &str = "溯源 Suyuan：一个生产主体的全部数据。One producer's data, whole.\r\n\
\r\n\
producer.json      备案及其历次版本 filing with every version\r\n\
products.json/.csv 产品备案 products, their versions and earlier numbers\r\n\
plots.json         地块 plots\r\n\
lots.csv           批次 lots\r\n\
lots.jsonl         批次及其过程、检测、合格证、标签、发货 lots with steps, tests, certificates, labels, shipments; one a line\r\n\
events.jsonl       EPCIS 2.0 事件 events, one a line\r\n\
records.jsonl      生产记录 production records, one a line\r\n\
inputs.json        投入品 inputs with their stock\r\n\
credentials.json   资质证书 credentials\r\n\
files/             上传的图片、扫描件与检测报告，以 SHA-256 命名 uploaded pictures, scans and reports, named by their SHA-256\r\n\
SHA256SUMS         每个文件的摘要（sha256sum --check） hash of every file\r\n";

/// Streams the archive of a producer.
pub(crate) async fn answer(state: &AppState, account: &Account, id: i64) -> Answer<Response> {
    let mut connection = state.store().acquire().await?;
    let owner = super::filing::see_producer(&mut connection, account, id).await?;
    let name = format!(
        "attachment; filename=\"producer-{}.zip\"",
        owner.credit_code
    );
    let (sender, pieces) = mpsc::channel(PIECES);
    let work = Work {
        state: state.clone(),
        runtime: Handle::current(),
        connection,
        documents: BTreeSet::new(),
    };
    let task = tokio::task::spawn_blocking(move || work.make(owner, Pieces::new(sender)));
    // Whoever compresses it asks once more after its end.
    let body = Body::from_stream(stream::unfold((pieces, Some(task)), next_piece).fuse());
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/zip"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&name).map_err(Problem::internal)?,
        ),
    ];
    Ok((headers, body).into_response())
}

struct Work {
    state: AppState,
    runtime: Handle,
    connection: Connection,
    /// Files of the record that something in the archive names.
    documents: BTreeSet<String>,
}

/// Waits for a query on a blocking thread.
macro_rules! ask {
    ($work:ident, |$connection:ident| $query:expr) => {{
        let runtime = $work.runtime.clone();
        let $connection: &mut AnyConnection = &mut $work.connection;
        runtime
            .block_on(async { $query.await })
            .map_err(io::Error::other)?
    }};
}

impl Work {
    fn make(mut self, owner: Producer, pieces: Pieces) -> Made {
        let id = owner.id;
        let mut archive = Archive::new(pieces);
        archive.begin("README.txt")?;
        archive.write("\u{feff}".as_bytes())?;
        archive.write(README.as_bytes())?;
        let versions = self.versions(Subject::Producer(id))?;
        let own = json!({ "producer": v1::producers::Producer::from(owner), "versions": versions });
        archive.json("producer.json", &own)?;
        self.products(&mut archive, id)?;
        let plots = ask!(self, |connection| plot::list(connection, Some(id)));
        let plots: Vec<_> = plots.into_iter().map(v1::plots::Plot::from).collect();
        archive.json("plots.json", &plots)?;
        self.lots(&mut archive, id)?;
        self.events(&mut archive, id)?;
        self.records(&mut archive, id)?;
        let inputs = ask!(self, |connection| input::list(connection, Some(id), None));
        let inputs: Vec<_> = inputs.into_iter().map(v1::inputs::Input::from).collect();
        archive.json("inputs.json", &inputs)?;
        self.credentials(&mut archive, id)?;
        self.files(&mut archive, id)?;
        archive.finish()
    }

    fn versions(&mut self, subject: Subject) -> io::Result<Vec<Value>> {
        let mut all = Vec::new();
        let mut before = None;
        loop {
            let page = ask!(self, |connection| filing::list_versions(
                connection, subject, before, PAGE
            ));
            let Some(last) = page.last() else {
                return Ok(all);
            };
            before = Some(last.version);
            all.extend(page.into_iter().map(|row| {
                json!({ "version": row.version, "at": row.at.format(&Rfc3339).ok(),
                    "account": row.login, "body": row.body })
            }));
        }
    }

    fn products(&mut self, archive: &mut Archive, id: i64) -> Made {
        let filter = Products {
            producer_id: Some(id),
            ..Products::default()
        };
        let (mut all, mut place) = (Vec::new(), Place::default());
        let mut sheet = Sheet::new(&["商品条码", "名称", "规格", "品类", "凭证类型", "备案状态"]);
        loop {
            let page = ask!(self, |connection| product::list_page(
                connection, &filter, place, PAGE
            ));
            let Some(last) = page.last() else { break };
            place.after = Some(last.id);
            for row in page {
                sheet.row(&[
                    row.gtin.clone(),
                    row.name.clone(),
                    row.specification.clone(),
                    row.category.clone(),
                    row.regime.clone(),
                    row.standing.state.code().to_owned(),
                ]);
                let aliases = ask!(self, |connection| product::list_aliases(connection, row.id));
                let aliases: Vec<String> = aliases.into_iter().map(|(gtin, _)| gtin).collect();
                let versions = self.versions(Subject::Product(row.id))?;
                let row = v1::products::Product::from(row);
                all.push(json!({ "product": row, "aliases": aliases, "versions": versions }));
            }
        }
        archive.json("products.json", &all)?;
        archive.begin("products.csv")?;
        archive.write(sheet.finish().as_bytes())
    }

    /// Every lot, page by page: `look` sees each.
    fn each_lot(&mut self, id: i64, mut look: impl FnMut(&mut Self, Lot) -> Made) -> Made {
        let mut after = 0;
        loop {
            let page = ask!(self, |connection| county::list_lots(
                connection, id, after, PAGE
            ));
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = *last;
            for lot_id in page {
                if let Some(row) = ask!(self, |connection| lot::find(connection, lot_id)) {
                    look(self, row)?;
                }
            }
        }
    }

    fn lots(&mut self, archive: &mut Archive, id: i64) -> Made {
        let mut sheet = Sheet::new(&[
            "批次号",
            "商品条码",
            "产品",
            "规格",
            "地块",
            "状态",
            "开始日期",
            "采收日期",
            "数量",
            "单位",
        ]);
        archive.begin("lots.jsonl")?;
        self.each_lot(id, |work, row| {
            sheet.row(&[
                row.code.clone(),
                row.gtin.clone(),
                row.product.clone(),
                row.specification.clone(),
                row.plot.clone(),
                row.state.code().to_owned(),
                iso(row.started_on),
                row.harvested_on.map(iso).unwrap_or_default(),
                row.quantity.to_string(),
                row.unit.clone(),
            ]);
            let line = work.lot(row)?;
            archive.line(&line)
        })?;
        archive.begin("lots.csv")?;
        archive.write(sheet.finish().as_bytes())
    }

    /// A lot with all that belongs to it.
    fn lot(&mut self, row: Lot) -> io::Result<Value> {
        let (id, now) = (row.id, self.state.now());
        let steps = ask!(self, |connection| lot_step::list(connection, id));
        let tests = ask!(self, |connection| test_result::list(
            connection,
            Some(id),
            TESTS_MAX
        ));
        let issued = ask!(self, |connection| certificate::list(connection, &[id]));
        let runs = ask!(self, |connection| label::list_runs(connection, id));
        let sent = ask!(self, |connection| shipment::list_of_lots(connection, &[id]));
        let filed = Reports {
            lot_id: Some(id),
            ..Reports::default()
        };
        let filed = ask!(self, |connection| test_report::list(connection, filed));
        for report in &filed {
            self.documents.insert(report.sha256.to_string());
        }
        let filed = filed.into_iter().map(v1::reports::Report::from);
        let row = v1::lots::Lot::from_row(&self.state, row);
        let row = row.map_err(|problem| io::Error::other(problem.chain()))?;
        let steps = steps.into_iter().map(|step| {
            json!({ "step": step.step, "from": step.from_state, "to": step.to_state,
                "reason": step.reason, "at": step.at.format(&Rfc3339).ok(), "by": step.by_role })
        });
        let runs = runs.into_iter().map(|run| {
            json!({ "id": run.id, "size": run.size, "count": run.count,
                "at": run.created_at.format(&Rfc3339).ok() })
        });
        let tests = tests.into_iter().map(v1::tests::TestResult::from);
        let issued = issued.into_iter().map(v1::certificates::Certificate::from);
        let sent = sent
            .into_iter()
            .map(|row| v1::shipments::Shipment::from_row(row, now));
        Ok(json!({
            "lot": row,
            "steps": steps.collect::<Vec<_>>(),
            "tests": tests.collect::<Vec<_>>(),
            "certificates": issued.collect::<Vec<_>>(),
            "reports": filed.collect::<Vec<_>>(),
            "label_runs": runs.collect::<Vec<_>>(),
            "shipments": sent.collect::<Vec<_>>(),
        }))
    }

    fn events(&mut self, archive: &mut Archive, id: i64) -> Made {
        archive.begin("events.jsonl")?;
        self.each_lot(id, |work, row| {
            let events = ask!(work, |connection| event::list(connection, row.id));
            for event in events {
                let mut body = event.body;
                if let Some(members) = body.as_object_mut() {
                    members.insert("eventID".to_owned(), event.event_id.into());
                }
                archive.line(&body)?;
            }
            Ok(())
        })
    }

    /// Newest first; a page begins again with the last day of the one before, so that what was
    /// written of that day is left out by its id.
    fn records(&mut self, archive: &mut Archive, id: i64) -> Made {
        archive.begin("records.jsonl")?;
        let mut filter = Records {
            producer_id: Some(id),
            ..Records::default()
        };
        let mut before: Vec<FarmRecord> = Vec::new();
        loop {
            let page = ask!(self, |connection| farm_record::list(
                connection, &filter, 500
            ));
            let fresh: Vec<_> = page
                .into_iter()
                .filter(|row| before.iter().all(|other| other.id != row.id))
                .collect();
            let Some(last) = fresh.last() else {
                return Ok(());
            };
            let first = time::macros::date!(1970 - 01 - 01);
            filter.days = Some((first, last.deed.done_on));
            let ids: Vec<_> = fresh.iter().map(|row| row.id).collect();
            let pictures = ask!(self, |connection| document::list_record_pictures(
                connection, &ids
            ));
            for picture in &pictures {
                self.documents.insert(picture.sha256.to_string());
            }
            for row in &fresh {
                let own = pictures
                    .iter()
                    .filter(|picture| picture.record_id == row.id);
                let own = own.copied().collect();
                archive.line(&v1::records::Record::of(row.clone(), own))?;
            }
            before = fresh;
        }
    }

    fn credentials(&mut self, archive: &mut Archive, id: i64) -> Made {
        let filter = Credentials {
            producer_id: Some(id),
            ..Credentials::default()
        };
        let rows = ask!(self, |connection| credential::list(
            connection,
            &filter,
            credential::LIST_MAX
        ));
        let rows = rows.into_iter().map(|row| {
            json!({ "id": row.id, "product_id": row.product_id, "kind": row.kind,
                "number": row.number, "issuer": row.issuer,
                "scan": row.scan.as_deref().map(hex), "valid_from": iso(row.valid_from),
                "valid_to": iso(row.valid_to), "state": row.state, "reason": row.reason })
        });
        archive.json("credentials.json", &rows.collect::<Vec<_>>())
    }

    fn files(&mut self, archive: &mut Archive, id: i64) -> Made {
        let files = ask!(self, |connection| attachment::list(connection, id));
        for file in files {
            let Some(media) = Media::from_code(&file.media_type) else {
                continue;
            };
            let read = self.state.album().read_upload(&file.sha256);
            let bytes = self.runtime.block_on(read).map_err(io::Error::other)?;
            if let Some(bytes) = bytes {
                let name = format!("files/{}.{}", file.sha256, media.extension());
                archive.file(&name, &bytes)?;
                self.documents.remove(&file.sha256.to_string());
            }
        }
        for name in std::mem::take(&mut self.documents) {
            let Ok(hash) = name.parse::<PictureHash>() else {
                continue;
            };
            let found = ask!(self, |connection| document::find(connection, &hash));
            let media = found.map(|file| (Media::from_code(&file.media_type), file.content));
            if let Some((Some(media), bytes)) = media {
                let name = format!("files/{name}.{}", media.extension());
                archive.file(&name, &bytes)?;
            }
        }
        Ok(())
    }
}
