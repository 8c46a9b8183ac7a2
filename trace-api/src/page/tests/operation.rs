//! Views of the operator's desk for the tests and for looking at.

use super::sample::{NOW, ago};
use crate::page::Site;
use crate::page::camera::CameraCard;
use crate::page::operator::account::{AccountRow, AccountView, AccountsView, DrawnView};
use crate::page::operator::backup::{BackupsView, Running};
use crate::page::operator::dead_letter::{LetterRow, LetterView, LettersView, ReasonRow};
use crate::page::operator::gateway::{
    CameraPlace, GatewayRow, GatewayView, GatewaysView, KeyView, Port,
};
use crate::page::operator::health::{CheckRow, HealthView};
use crate::page::operator::job::{self, JobsView};
use crate::page::operator::printer::{PrintersView, TemplateRow};
use crate::page::operator::probe::{
    AliasRow, CalibrationRow, ChannelValue, PlacementRow, ProbeRow, ProbeView,
};
use crate::page::operator::profile::{ChannelRow, ProfileRow, ProfileView, ProfilesView};
use crate::page::operator::{self, Typed, choice};

/// Something for each page of the operator's desk.
pub(super) fn pages(site: &Site) -> Result<Vec<(&'static str, String)>, askama::Error> {
    use operator::{account, backup, dead_letter, gateway, health, printer, probe, profile};
    let typed = Typed::default;
    Ok(vec![
        ("operator", health::page(site, &health())?),
        ("operator-accounts", account::list(site, &accounts())?),
        (
            "operator-account",
            account::page(
                site,
                &AccountView {
                    row: account_row(7, "producer", Some("演示毛坝莓茶专业合作社")),
                    is_own: false,
                    service: Some("县统一身份认证".into()),
                    typed: typed(),
                },
            )?,
        ),
        (
            "operator-drawn",
            account::drawn(
                site,
                &DrawnView {
                    id: 7,
                    login: "maoba-1".into(),
                    password: "abcd-efgh-2345".into(),
                    address: "https://trace.example.cn/login".into(),
                    is_new: true,
                },
            )?,
        ),
        (
            "operator-gateways",
            gateway::list(
                site,
                &GatewaysView {
                    rows: vec![
                        gateway_row("gw-new", None),
                        gateway_row("demo-gw", Some(40)),
                    ],
                    typed: typed(),
                },
            )?,
        ),
        ("operator-gateway", gateway::page(site, &gateway())?),
        ("operator-key", gateway::key(site, &key())?),
        ("operator-probe", probe::page(site, &probe())?),
        ("operator-profiles", profile::list(site, &profiles())?),
        (
            "operator-profile",
            profile::page(
                site,
                &ProfileView {
                    row: profile_row(),
                    newest: (3, 1),
                    quantities: vec!["soil-moisture", "other"],
                    typed: typed(),
                },
            )?,
        ),
        ("operator-letters", dead_letter::list(site, &letters())?),
        ("operator-letter", dead_letter::page(site, &letter_view())?),
        ("operator-jobs", job::page(site, &jobs())?),
        ("operator-backups", backup::page(site, &backups())?),
        ("operator-printers", printer::page(site, &printers())?),
    ])
}

fn health() -> HealthView {
    let check = |name: &str, ready| CheckRow {
        name: name.into(),
        ready,
        detail: "the database does not answer".into(),
        window_percent: (name == "ingest").then_some(3.0),
        oldest_s: (name == "ingest").then_some(0.4),
    };
    HealthView {
        checks: vec![
            check("database", true),
            check("ingest", true),
            check("mqtt-front", true),
            check("something-new", false),
        ],
        disk: Some((100_000_000_000, 12_000_000_000)),
        database_bytes: 2_400_000_000,
        backup: Some(ago(4)),
        backup_failed: None,
        gateways: 12,
        silent: vec![
            gateway_row("gw-new", None),
            gateway_row("demo-gw", Some(9_000)),
        ],
        refused: 7,
        replaying: 1,
        paused: 0,
        behind: 3,
        cameras: Vec::new(),
    }
}

fn account_row(id: i64, role: &str, producer: Option<&str>) -> AccountRow {
    AccountRow {
        id,
        login: format!("{role}-{id}"),
        name: "工作人员".into(),
        role: role.into(),
        producer: producer.map(str::to_owned),
        disabled: id == 8,
        subject: (id == 7).then(|| "8f2c1c1e".to_owned()),
        sessions: 2,
    }
}

fn accounts() -> AccountsView {
    AccountsView {
        rows: vec![
            account_row(7, "producer", Some("演示毛坝莓茶专业合作社")),
            account_row(8, "lab", None),
        ],
        part: "毛坝".into(),
        role: "producer".into(),
        next: Some("/operator/accounts?after=x".into()),
        producers: vec![choice("3", "演示毛坝莓茶专业合作社")],
        typed: Typed::default(),
    }
}

fn gateway_row(id: &str, last: Option<i64>) -> GatewayRow {
    GatewayRow {
        id: id.into(),
        name: "毛坝一号网关".into(),
        online: last.is_some(),
        enabled: true,
        last_seen: last.map(|s| NOW.plus_seconds(-s)),
        probes: 3,
    }
}

fn value(name: &str, quantity: &str, value: Option<f64>) -> ChannelValue {
    ChannelValue {
        name: name.into(),
        quantity: quantity.into(),
        value,
        unit: "%".into(),
        valid_min: 0.0,
        valid_max: 100.0,
        outside: value.is_some_and(|value| value > 100.0),
    }
}

fn probe_row() -> ProbeRow {
    ProbeRow {
        name: "p1".into(),
        plot: Some("莓茶 3 号地".into()),
        interval_s: 600,
        last: Some(ago(0)),
        values: vec![
            value("soil-moisture", "soil-moisture", Some(31.5)),
            value("battery", "battery", Some(140.0)),
            value("ph", "soil-ph", None),
        ],
    }
}

fn gateway() -> GatewayView {
    GatewayView {
        row: gateway_row("maoba-1", None),
        mark: "0123".into(),
        probes: vec![
            probe_row(),
            ProbeRow {
                name: "p2".into(),
                ..ProbeRow::default()
            },
        ],
        cameras: vec![CameraPlace {
            name: "cam1".into(),
            interval_s: 86_400,
            card: CameraCard {
                name: "maoba-1 / cam1".into(),
                plot: None,
                latest: None,
            },
        }],
        profiles: vec![choice("3", "paddy-level v1")],
        plots: vec![choice("5", "莓茶 3 号地 · 毛坝乡")],
        typed: Typed::default(),
    }
}

fn key() -> KeyView {
    let port = |number, tls| Port { number, tls };
    KeyView {
        id: "maoba-1".into(),
        key: "zR3_kQ-x9TfWm0aLsd8e2g".into(),
        host: "trace.example.cn".into(),
        ports: vec![port(8883, true), port(1883, false)],
        code: Some((
            "mqtts://maoba-1:zR3@trace.example.cn:8883".into(),
            "<svg></svg>".into(),
        )),
        is_new: true,
    }
}

fn probe() -> ProbeView {
    ProbeView {
        gateway: "maoba-1".into(),
        row: probe_row(),
        placements: vec![
            PlacementRow {
                plot: "莓茶 3 号地".into(),
                from: ago(9),
                to: None,
            },
            PlacementRow {
                plot: "莓茶 1 号地".into(),
                from: ago(90),
                to: Some(ago(9)),
            },
        ],
        calibrations: vec![CalibrationRow {
            channel: "soil-moisture".into(),
            from: ago(3),
            gain: 1.02,
            offset: -0.4,
            note: "烘干法比对".into(),
        }],
        aliases: vec![AliasRow {
            scheme: "tasmota",
            id: "greenhouse-1".into(),
            online: Some(true),
        }],
        profiles: vec![("paddy-level v1".into(), ago(90))],
        choices: vec![choice("3", "paddy-level v1")],
        plots: vec![choice("5", "莓茶 3 号地")],
        schemes: vec!["tasmota", "modbus"],
        typed: Typed::default(),
    }
}

fn profile_row() -> ProfileRow {
    let channel = |name: &str, register: Option<&str>| ChannelRow {
        name: name.into(),
        quantity: "soil-moisture".into(),
        unit: "%".into(),
        depth_cm: Some(20),
        min: "0".into(),
        max: "100".into(),
        keys: vec!["AM2301.Humidity".into()],
        register: register.map(str::to_owned),
    };
    ProfileRow {
        id: 3,
        name: "paddy-level".into(),
        version: 1,
        builtin: true,
        interval_s: 600,
        made: Some(ago(30)),
        channels: vec![
            channel("soil-20", Some("3 @ 0 u16 × 0.1 + 0")),
            channel("soil-40", None),
        ],
    }
}

fn profiles() -> ProfilesView {
    ProfilesView {
        rows: vec![profile_row()],
        quantities: vec!["soil-moisture", "other"],
        typed: Typed::default(),
    }
}

/// A refused message.
fn letter(reason: &str, detail: &str) -> LetterRow {
    LetterRow {
        id: 7,
        replayable: true,
        replay: "",
        at: ago(1),
        gateway: "gw-maoba-07".into(),
        topic: "suyuan/v1/gw-maoba-07/probe-1/telemetry".into(),
        reason: reason.into(),
        detail: detail.into(),
        bytes: 212,
    }
}

/// A page of refused messages.
pub(super) fn letters() -> LettersView {
    LettersView {
        reasons: vec![ReasonRow {
            reason: "not_senml".into(),
            letters: 3,
            open: 2,
            untried: 2,
            waiting: 0,
        }],
        reason: "not_senml".into(),
        part: String::new(),
        rows: vec![
            letter("time_in_past", "1970-01-01T00:00:07Z"),
            letter("not_senml", "expected an array at byte 0"),
            letter("a_new_reason", "…"),
        ],
        next: Some("/operator/dead-letters?before=5".into()),
    }
}

fn letter_view() -> LetterView {
    LetterView {
        row: letter("not_senml", "expected an array at byte 0"),
        text: "{\"n\":\"t\"}".into(),
        hex: "000000  7b 22  {\"".into(),
        cut: true,
        replayed: Some((ago(0), "unknown_probe".into())),
    }
}

fn jobs() -> JobsView {
    let row = |id, state, problem: Option<&str>| job::JobRow {
        id,
        printer: "包装间".into(),
        size: "40x30mm".into(),
        state,
        labels: 24,
        done: 7,
        problem: problem.map(str::to_owned),
        changed: ago(0),
    };
    JobsView {
        rows: vec![
            row(3, "printing", None),
            row(2, "paused", Some("the printer stopped: out of labels")),
            row(1, "done", None),
        ],
        all: true,
        next: Some("/operator/jobs?all=1&before=1".into()),
        replaying: 2,
        behind: 5,
        backing_up: true,
    }
}

fn backups() -> BackupsView {
    BackupsView {
        last: Some((
            ago(1),
            "suyuan-20261123T041500Z.backup.zip".into(),
            23_000_000,
        )),
        failed: Some((ago(0), "the disk is full".into())),
        running: Some(Running {
            since: ago(0),
            database: false,
            pictures: 12,
        }),
        folder: Some("/var/lib/suyuan/backups".into()),
        files: vec![("suyuan-20261123T041500Z.backup.zip".into(), 23_000_000)],
        commands: [
            "suyuan backup".into(),
            "suyuan restore".into(),
            "suyuan restore".into(),
        ],
    }
}

fn printers() -> PrintersView {
    let template = |name: &str, size: Result<&str, &str>| TemplateRow {
        name: name.into(),
        built_in: size.is_ok(),
        size: size.map(str::to_owned).map_err(str::to_owned),
    };
    PrintersView {
        printers: vec![operator::printer::PrinterRow {
            name: "包装间".into(),
            about: "TSPL · 203 dpi".into(),
            address: "tcp://192.0.2.10:9100".into(),
            producer: None,
        }],
        templates: vec![
            template("40x30mm", Ok("40x30mm")),
            template("crate", Err("crate.toml, line 2: size")),
        ],
        folder: Some("/var/lib/suyuan/label-templates".into()),
        producers: vec![choice("3", "演示毛坝莓茶专业合作社")],
        typed: Typed::default(),
    }
}
