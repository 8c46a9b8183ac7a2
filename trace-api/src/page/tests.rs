//! What every page promises: both languages complete, everything escaped, nothing inline, nobody's
//! person shown, verdicts in words. With `SUYUAN_PAGE_SAMPLES=DIR` the samples are also written
//! there, to be looked at in a browser.

use super::lang::Lang;
use super::trace::{NoTrace, TestVerdict, Verdict};
use super::*;

mod desks;
mod filings;
mod keys;
mod laboratory;
mod operation;
mod producer_desk;
mod public;
mod sample;
mod supervision;

use sample::{ago, site};

const BOTH: [Lang; 2] = [Lang::Zh, Lang::En];

type Outcome = Result<(), askama::Error>;

/// A supervisor's surroundings, for tests of pieces of pages.
pub(crate) fn tests_site(lang: Lang) -> Site {
    site(lang, "/supervisor", Some(Role::Supervisor))
}

/// Every page once, with the name of its sample file.
#[expect(clippy::too_many_lines, reason = "one list, read from top to bottom")]
fn every_page(lang: Lang) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let public = |here: &str| site(lang, here, None);
    let desk = |here: &str, role| site(lang, here, Some(role));
    let item = "/01/02900000000014/10/MC-20261120-01/21/7ZK3M9QX2VBTD";
    let typed = || "/01/02900000000015/10/MC-20261120-01".to_owned();
    let near = || {
        vec![trace::Near {
            href: item.into(),
            product: Words::both("毛坝莓茶", "Maoba vine tea"),
        }]
    };
    let untested = trace::TraceView {
        verdict: Verdict::Untested,
        tests: vec![],
        monitoring: None,
        pictures: None,
        ..sample::trace()
    };
    let failed = trace::TraceView {
        verdict: Verdict::Failed,
        tests: vec![sample::test("62.4", TestVerdict::Fail)],
        query: Some(trace::Query {
            first: ago(9),
            count: 412,
            days: 30,
            places: 9,
            busiest: 60,
            signs: vec![trace::Sign::Places, trace::Sign::Days],
        }),
        ..sample::trace()
    };
    let incomplete = trace::TraceView {
        verdict: Verdict::Incomplete,
        ..untested.clone()
    };
    let home = home::HomeView {
        samples: vec![(
            Words::both("毛坝莓茶（检测合格）", "Maoba vine tea (passed)"),
            item.into(),
        )],
        refused_code: None,
    };
    let login = login::LoginView {
        account: "producer".into(),
        refused: true,
        next: "/producer".into(),
        demo_accounts: vec![("producer".into(), "suyuan-demo".into())],
        service: Some(("县统一认证".into(), "/login/oidc?next=%2F".into())),
        identity_refused: None,
    };
    let problem = problem::ProblemView {
        status: 500,
        detail: None,
        reference: Some("7f3a".into()),
    };
    let mut saved = desk("/producer", Role::Producer);
    saved.flash = Some(Flash {
        good: true,
        text: "已保存 10:21".into(),
    });
    let mut pages = producer_desk::pages(|here| desk(here, Role::Producer))?;
    pages.extend(vec![
        ("trace", trace::page(&public(item), &sample::trace())?),
        ("untested", trace::page(&public(item), &untested)?),
        ("failed", trace::page(&public(item), &failed)?),
        ("incomplete", trace::page(&public(item), &incomplete)?),
        ("recalled", trace::page(&public(item), &sample::recalled())?),
        (
            "malformed",
            trace::lost(
                &public("/01/1"),
                &NoTrace::Malformed {
                    typed: typed(),
                    near: near(),
                },
            )?,
        ),
        (
            "unknown",
            trace::lost(
                &public("/01/1"),
                &NoTrace::Unknown {
                    typed: typed(),
                    near: Vec::new(),
                },
            )?,
        ),
        (
            "void",
            trace::lost(
                &public(item),
                &NoTrace::Void {
                    typed: typed(),
                    since: ago(5),
                },
            )?,
        ),
        ("home", home::page(&public("/"), &home)?),
        (
            "catalogue",
            catalogue::page(&public("/catalogue"), &public::catalogue())?,
        ),
        (
            "product",
            catalogue::product(&public("/01/02900000000014"), &public::product())?,
        ),
        ("kiosk", kiosk::page(&public("/kiosk"))?),
        ("wall", wall::page(&public("/wall"), &public::wall())?),
        (
            "login",
            login::page(&public("/login?next=%2Fproducer"), &login)?,
        ),
        ("problem", problem::page(&public("/x"), &problem)?),
        ("producer", producer::page(&saved, &producer_desk::lots())?),
        (
            "label-run",
            label_run::run(&desk("/producer/runs/7", Role::Producer), &desks::run())?,
        ),
        (
            "printer",
            label_run::printer(
                &desk("/producer/printers/2", Role::Producer),
                &desks::printer(),
            )?,
        ),
        (
            "labels",
            producer::labels(
                &desk("/producer/lots/1/labels", Role::Producer),
                &desks::labels(),
            )?,
        ),
        (
            "filing",
            filing::overview::page(
                &desk("/producer/filing", Role::Producer),
                &filings::overview(),
            )?,
        ),
        (
            "filing-form",
            filing::form::page(
                &desk("/producer/filing/products/1", Role::Producer),
                &filings::form(lang),
            )?,
        ),
        (
            "import",
            filing::import::page(&desk("/producer/filing/import", Role::Producer))?,
        ),
        (
            "approvals",
            filing::approval::page(
                &desk("/supervisor/filings", Role::Supervisor),
                &filings::waiting(),
            )?,
        ),
        (
            "approval",
            filing::approval::look(
                &desk("/supervisor/filings/products/1", Role::Supervisor),
                &filings::look(lang),
            )?,
        ),
        (
            "lab",
            lab::page(&desk("/lab", Role::Lab), &laboratory::lab())?,
        ),
        (
            "lab-results",
            lab::results::list(&desk("/lab/results", Role::Lab), &laboratory::results())?,
        ),
        (
            "lab-result",
            lab::results::one(
                &desk("/lab/results/9", Role::Lab),
                &laboratory::lab_result(),
            )?,
        ),
        (
            "lab-paste",
            lab::paste::page(&desk("/lab/paste", Role::Lab), &laboratory::paste())?,
        ),
        (
            "lab-limits",
            lab::limits::page(&desk("/lab/limits", Role::Lab), &laboratory::limits())?,
        ),
        (
            "account",
            account::page(&desk("/account", Role::Lab), &laboratory::account())?,
        ),
        (
            "welcome",
            account::welcome(&public("/welcome"), &account::WelcomeView::default())?,
        ),
    ]);
    pages.extend(operation::pages(&desk("/operator", Role::Operator))?);
    pages.extend(supervision::pages(lang)?);
    Ok(pages)
}

#[test]
fn every_page_is_whole_html_in_its_language() -> Outcome {
    for lang in BOTH {
        for (name, html) in every_page(lang)? {
            assert!(html.starts_with("<!doctype html>"), "{name}");
            assert!(
                html.contains(&format!("<html lang=\"{}\">", lang.tag())),
                "{name}"
            );
            assert!(
                html.contains("<h1") && html.matches("<h1").count() == 1,
                "{name}: one h1"
            );
            assert!(
                html.contains("<main id=\"main\">") && html.contains("<title>"),
                "{name}"
            );
            let open = |tag: &str| html.matches(&format!("<{tag}")).count();
            let close = |tag: &str| html.matches(&format!("</{tag}>")).count();
            for tag in [
                "section", "div ", "form", "table", "svg", "ul", "dl", "details",
            ] {
                let tag = tag.trim();
                assert_eq!(open(tag), close(tag), "{name}: {tag}");
            }
        }
    }
    Ok(())
}

#[test]
fn no_page_carries_an_inline_script_or_style() -> Outcome {
    for (name, html) in every_page(Lang::Zh)? {
        for bad in [" style=", "<style", "javascript:", " onclick=", " onload="] {
            assert!(!html.contains(bad), "{name}: {bad}");
        }
        let ours = [
            "<script type=\"module\" src=\"/assets/",
            "<script src=\"/assets/",
        ];
        let ours: usize = ours.iter().map(|tag| html.matches(tag).count()).sum();
        assert_eq!(html.matches("<script").count(), ours, "{name}");
    }
    Ok(())
}

#[test]
fn every_page_of_the_demonstration_says_so_and_no_other_does() -> Outcome {
    for (name, html) in every_page(Lang::Zh)? {
        assert!(html.contains("演示数据"), "{name}");
    }
    let mut real = site(Lang::Zh, "/", None);
    real.demo = false;
    assert!(!home::page(&real, &home::HomeView::default())?.contains("演示数据"));
    Ok(())
}

#[test]
#[expect(clippy::too_many_lines, reason = "one list, read from top to bottom")]
fn what_a_producer_types_is_escaped_everywhere() -> Outcome {
    let evil = "<script>alert('x')</script>\"><img src=x onerror=y>";
    let words = Words::from(evil);
    let mut view = sample::trace();
    view.product.name = words.clone();
    view.product.detail = Some(words.clone());
    view.producer.name = words.clone();
    view.producer.contact = Some(evil.into());
    view.lot.quantity = Some(evil.into());
    view.tests[0].method = evil.into();
    view.events[0].detail = Some(words.clone());
    view.inputs[0].product = words.clone();
    view.inputs[0].code = evil.into();
    view.certificates[0].number = evil.into();
    view.county.townships = [sample::township(evil, 29.0, 109.0, 1)].into();
    for channel in view
        .monitoring
        .iter_mut()
        .flat_map(|m| m.channels.iter_mut())
    {
        channel.quantity = evil.into();
        channel.unit = evil.into();
    }
    let mut shelf = producer_desk::lots();
    shelf.lots[0].code = evil.into();
    shelf.asked.q = evil.into();
    shelf.awaited[0].from = evil.into();
    let mut parcel = producer_desk::shipped();
    parcel.journal[0].reason = evil.into();
    parcel.parties[0].label = words.clone();
    parcel.shipments[0].to = evil.into();
    let mut entry = producer_desk::entry();
    entry.draft.note = evil.into();
    entry.inputs[0].label = evil.into();
    let mut alarm = supervision::alarm(
        "1",
        model::alarm::Severity::Low,
        supervisor::AlarmState::Active,
    );
    let nobody = supervisor::Colleagues::default();
    alarm.title = words.clone();
    alarm.note = Some(evil.into());
    let mut preview = filings::preview();
    preview.head[0] = evil.into();
    preview.rows[0].cells[0].0 = evil.into();
    preview.mistakes[0].1 = evil.into();
    for lang in BOTH {
        let mut site = site(lang, "/\"><script>", None);
        site.flash = Some(Flash {
            good: false,
            text: evil.into(),
        });
        let lost = NoTrace::Malformed {
            typed: evil.into(),
            near: vec![trace::Near {
                href: evil.into(),
                product: words.clone(),
            }],
        };
        let pages = [
            trace::page(&site, &view)?,
            trace::lost(&site, &lost)?,
            producer::page(&site, &shelf)?,
            producer::life::page(&site, &parcel)?,
            producer::records::entry(&site, &entry)?,
            supervisor::alarm_row(&site, &alarm, &nobody)?,
            filing::import::preview(&site, &preview)?,
            filing::form::refused(evil)?,
        ];
        for html in pages {
            assert!(
                !html.contains("<script>") && !html.contains("<img src=x"),
                "{html}"
            );
        }
    }
    Ok(())
}

#[test]
fn a_lot_without_a_test_says_so_in_words() -> Outcome {
    let pages = every_page(Lang::Zh)?;
    let untested = pages
        .iter()
        .find(|(name, _)| *name == "untested")
        .map(|(_, html)| html);
    assert!(untested.is_some_and(|html| html.contains("id=\"verdict\">未检测</p>")));
    assert!(untested.is_some_and(|html| html.contains("本批次没有检测记录。")));
    assert!(untested.is_some_and(|html| !html.contains("合格</span>")));
    Ok(())
}

#[test]
fn each_verdict_is_told_by_word_icon_and_colour() -> Outcome {
    let told = [
        (Verdict::Passed, "检测合格", "good"),
        (Verdict::Untested, "未检测", "warn"),
        (Verdict::InTest, "检测中", "warn"),
        (Verdict::Expired, "已过保质期", "warn"),
        (Verdict::Failed, "不合格 · 停止销售", "bad"),
        (Verdict::Incomplete, "资料不足", "calm"),
    ];
    for (verdict, word, tone) in told {
        let view = trace::TraceView {
            verdict,
            ..sample::trace()
        };
        let html = trace::page(&site(Lang::Zh, "/", None), &view)?;
        assert!(
            html.contains(&format!("<section class=\"verdict {tone}\"")),
            "{word}"
        );
        assert!(
            html.contains(&format!("id=\"verdict\">{word}</p>")),
            "{word}"
        );
    }
    Ok(())
}

#[test]
fn a_page_says_how_long_the_goods_keep_and_when_they_are_past_it() -> Outcome {
    let site = site(Lang::Zh, "/", None);
    let html = trace::page(&site, &sample::trace())?;
    assert!(html.contains("本批次 1 项检测，结果合格。保质期至 2028-05-13。"));
    let mut past = sample::trace();
    past.verdict = Verdict::Expired;
    past.lot.best_before = Some(ago(12));
    let html = trace::page(&site, &past)?;
    assert!(html.contains("保质期至 2026-11-11，已过 12 天。"), "{html}");
    Ok(())
}

#[test]
fn the_lots_township_is_shown_on_the_drawing_of_the_county() -> Outcome {
    let mut view = sample::trace();
    let html = trace::page(&site(Lang::Zh, "/", None), &view)?;
    assert!(html.contains("<g class=\"here\">") && html.contains("按乡镇示意，不是地图"));
    let text = r#"{"type":"Polygon","审图号":"湘S(2023)001号","coordinates":
        [[[109.0,28.5],[110.5,28.5],[110.5,29.5],[109.0,29.5],[109.0,28.5]]]}"#;
    view.county.outline = outline::Outline::parse(text.as_bytes())
        .ok()
        .map(std::sync::Arc::new);
    let html = trace::page(&site(Lang::Zh, "/", None), &view)?;
    assert!(html.contains("class=\"outline\"") && html.contains("湘S(2023)001号"));
    view.plot = None;
    let html = trace::page(&site(Lang::Zh, "/", None), &view)?;
    assert!(!html.contains("class=\"county\""));
    Ok(())
}

#[test]
fn large_type_is_one_class_and_one_link_away() -> Outcome {
    let mut site = site(Lang::Zh, "/01/1?x=2", None);
    let html = trace::page(&site, &sample::trace())?;
    assert!(html.contains("href=\"/01/1?x=2&#38;size=large\""), "{html}");
    site.large = true;
    let html = trace::page(&site, &sample::trace())?;
    assert!(html.contains("<html lang=\"zh-CN\" class=\"large\">"));
    assert!(html.contains("size=normal"));
    Ok(())
}

#[test]
fn a_recalled_lot_gets_the_recall_page_and_no_charts() -> Outcome {
    let html = trace::page(&site(Lang::Zh, "/", None), &sample::recalled())?;
    assert!(html.contains("已召回") && html.contains("请停止食用与销售"));
    assert!(html.contains("监督抽检发现农药残留超标"));
    assert!(
        !html.contains("<figure class=\"chart\""),
        "nothing that could reassure"
    );
    assert!(!html.contains("verdict good"));
    Ok(())
}

#[test]
fn every_fact_on_the_page_is_marked_with_its_origin() -> Outcome {
    let html = trace::page(&site(Lang::Zh, "/", None), &sample::trace())?;
    let cards = html.split("<section class=\"card").skip(1);
    for card in cards.filter(|c| !c.contains("12315")) {
        assert!(card.contains("class=\"mark "), "{card}");
    }
    assert!(html.contains("实测") && html.contains("检测") && html.contains("申报"));
    assert!(html.contains("应有 8736 条，实有 7348 条（84%）"));
    Ok(())
}

#[test]
fn a_gap_in_the_season_is_drawn_and_named() -> Outcome {
    let html = trace::page(&site(Lang::Zh, "/", None), &sample::trace())?;
    assert!(html.contains("class=\"hole\"") && html.contains("最长 13 天"));
    Ok(())
}

#[test]
fn the_public_page_names_no_account() -> Outcome {
    // Accounts belong to the desks: the views of public pages have no field for a person, so a
    // visitor who is signed in is the only account that may appear, in the head.
    let html = trace::page(&site(Lang::Zh, "/", Some(Role::Lab)), &sample::trace())?;
    assert_eq!(html.matches("class=\"account\"").count(), 1);
    let html = trace::page(&site(Lang::Zh, "/", None), &sample::trace())?;
    assert!(!html.contains("class=\"account\""));
    // Neither a mobile number nor a citizen's number, both of which have a fixed shape.
    let digits = html.split(|c: char| !c.is_ascii_digit()).map(str::len);
    let phones = digits.clone().filter(|n| *n == 11).count();
    assert_eq!((phones, digits.filter(|n| *n == 18).count()), (0, 0));
    Ok(())
}

#[test]
fn the_first_load_of_the_trace_page_is_small() -> Outcome {
    let html = trace::page(&site(Lang::Zh, "/", None), &sample::trace())?;
    assert!(
        html.len() < 60_000,
        "{} bytes before compression",
        html.len()
    );
    assert!(!html.contains("<script"), "readable without JavaScript");
    Ok(())
}

#[test]
fn every_input_has_a_label_and_every_post_form_its_token() -> Outcome {
    for (name, html) in every_page(Lang::En)? {
        for tag in ["<input", "<select"] {
            for field in html
                .split(tag)
                .skip(1)
                .filter_map(|rest| rest.split('>').next())
            {
                if field.contains("type=\"hidden\"") {
                    continue;
                }
                let id = field
                    .split(" id=\"")
                    .nth(1)
                    .and_then(|s| s.split('"').next());
                let label = id.map(|id| format!("<label for=\"{id}\""));
                let quiet = id.map(|id| format!("<label class=\"quiet\" for=\"{id}\""));
                // A cell of a row of fields is named by its column.
                let of_row = field.contains(" aria-label=\"") && !field.contains("aria-label=\"\"");
                let named = of_row || [label, quiet].iter().flatten().any(|l| html.contains(l));
                assert!(named, "{name}: {field}");
            }
        }
        let posts = html.matches("method=\"post\"").count();
        assert_eq!(
            posts,
            html.matches("name=\"csrf\" value=\"t0k3n\"").count(),
            "{name}"
        );
    }
    Ok(())
}

#[test]
fn headings_never_skip_a_level() -> Outcome {
    for (name, html) in every_page(Lang::Zh)? {
        let levels = html
            .split("<h")
            .skip(1)
            .filter_map(|s| s.chars().next()?.to_digit(10));
        let mut last = 0;
        for level in levels {
            assert!(level <= last + 1, "{name}: h{level} after h{last}");
            last = level;
        }
    }
    Ok(())
}

#[test]
fn the_kiosk_answers_with_a_fragment_that_leads_nowhere_else() -> Outcome {
    let lost = NoTrace::Unknown {
        typed: "<b>1</b>".into(),
        near: Vec::new(),
    };
    let (trace, recalled, product) = (sample::trace(), sample::recalled(), public::product());
    for lang in BOTH {
        let site = site(lang, "/kiosk/answer", None);
        let answers = [
            kiosk::Answer::Trace(&trace),
            kiosk::Answer::Trace(&recalled),
            kiosk::Answer::Product(&product),
            kiosk::Answer::Lost(&lost),
        ];
        for answer in &answers {
            let html = kiosk::answer(&site, answer)?;
            assert!(!html.contains("<html") && !html.contains("<a "), "{html}");
            assert!(
                !html.contains("<b>1</b>") && html.contains("class=\"big "),
                "{html}"
            );
        }
    }
    let html = kiosk::answer(&site(Lang::Zh, "/", None), &kiosk::Answer::Trace(&recalled))?;
    assert!(html.contains("big bad") && html.contains("监督抽检发现农药残留超标"));
    Ok(())
}

#[test]
fn the_wall_names_townships_and_no_farm() -> Outcome {
    let html = wall::panels(&site(Lang::Zh, "/wall", None), &public::wall())?;
    assert!(html.contains("毛坝乡") && html.contains("2.8"));
    assert!(!html.contains("合作社") && !html.contains("gw-"));
    Ok(())
}

#[test]
fn an_answered_alarm_offers_no_button() -> Outcome {
    use model::alarm::Severity;
    let site = site(Lang::Zh, "/supervisor", Some(Role::Supervisor));
    let nobody = supervisor::Colleagues::default();
    let open = supervision::alarm("14", Severity::Critical, supervisor::AlarmState::Active);
    let html = supervisor::alarm_row(&site, &open, &nobody)?;
    assert!(html.trim_start().starts_with("<li ") && html.contains("id=\"alarm-14\""));
    assert!(html.contains("action=\"/supervisor/alarms/14/acknowledge\""));
    assert!(html.contains("\u{2212}1.3 °C") && html.contains("&#60; 0 °C"));
    let answered = supervision::alarm(
        "14",
        Severity::Critical,
        supervisor::AlarmState::Acknowledged,
    );
    let answered = supervisor::alarm_row(&site, &answered, &nobody)?;
    assert!(!answered.contains("/acknowledge\""), "{answered}");
    let closed = supervision::alarm("14", Severity::Critical, supervisor::AlarmState::Closed);
    assert!(!supervisor::alarm_row(&site, &closed, &nobody)?.contains("<form"));
    Ok(())
}

#[test]
fn the_language_switch_keeps_the_page_and_never_leaves_the_site() {
    let zh = site(Lang::Zh, "/01/1?x=1", None);
    assert_eq!(zh.switch_href(), "/01/1?x=1&lang=en");
    let evil = site(Lang::En, "//evil.example", None);
    assert_eq!(evil.switch_href(), "/?lang=zh");
}

#[test]
fn a_dead_letter_says_its_reason_in_words_or_as_recorded() -> Outcome {
    let site = site(Lang::Zh, "/operator/dead-letters", Some(Role::Operator));
    let list = |view: &operator::dead_letter::LettersView| operator::dead_letter::list(&site, view);
    let mut view = operation::letters();
    let html = list(&view)?;
    assert!(html.contains("时间过早") && html.contains("a_new_reason"));
    assert!(html.contains(r#"action="/operator/dead-letters/7/replay""#));
    view.rows.truncate(1);
    view.reasons.clear();
    for (replay, words) in [
        ("waiting", "等待处理"),
        ("stored", "已入库"),
        ("refused", "再次被拒"),
    ] {
        view.rows[0].replay = replay;
        view.rows[0].replayable = false;
        let html = list(&view)?;
        assert!(
            html.contains(words) && !html.contains("/replay"),
            "{replay}"
        );
    }
    Ok(())
}

#[test]
fn samples_can_be_looked_at() -> Result<(), Box<dyn std::error::Error>> {
    let Ok(dir) = std::env::var("SUYUAN_PAGE_SAMPLES") else {
        // Without a place to write, rendering them all is the proof.
        return every_page(Lang::Zh)
            .map(|pages| assert!(pages.len() > 10))
            .map_err(Into::into);
    };
    let dir = std::path::PathBuf::from(dir);
    std::fs::create_dir_all(dir.join("assets"))?;
    let files = [
        "suyuan.css",
        "desk.css",
        "kiosk.css",
        "wall.css",
        "mark.svg",
        "lab.js",
        "lab-live.js",
        "tour.js",
        "tour-card.js",
        "alarms.js",
    ];
    for file in files {
        let address = asset::href(file);
        let found = address.strip_prefix("/assets/").and_then(asset::find);
        let bytes = found.map(|a| a.bytes).unwrap_or_default();
        std::fs::write(dir.join(address.trim_start_matches('/')), bytes)?;
    }
    for lang in BOTH {
        for (name, html) in every_page(lang)? {
            std::fs::write(dir.join(format!("{name}-{}.html", lang.code())), html)?;
        }
    }
    Ok(())
}

#[test]
fn a_kept_page_that_is_filled_in_is_the_page_drawn_whole() -> Result<(), Box<dyn std::error::Error>>
{
    let stem = "/01/02900000000014/10/MC-20261120-01/21/";
    let wanted = |serial: &str, count, lang, large| {
        let mut view = sample::trace();
        view.lot.serial = Some(serial.to_owned());
        let query = view.query.as_mut().map(|query| {
            query.count = count;
            query.clone()
        });
        let mut site = site(lang, &format!("{stem}{serial}"), None);
        site.large = large;
        (site, view, query)
    };
    for (lang, large) in [(Lang::Zh, false), (Lang::En, true)] {
        // Kept when one item was looked at, and filled in for another.
        let (site, view, _) = wanted("7ZK3M9QX2VBTD", 1, lang, large);
        let kept = trace::KeptPage::draw(&site, view, stem)?.ok_or("it is not recalled")?;
        for (serial, count) in [("7ZK3M9QX2VBTD", 1), ("0000000000001", 12)] {
            let (site, view, query) = wanted(serial, count, lang, large);
            let filled = kept.fill(&site, serial, &query.ok_or("no query")?)?;
            assert_eq!(filled, trace::page(&site, &view)?);
            assert!(filled.contains(serial));
        }
    }
    let (site, _, _) = wanted("7ZK3M9QX2VBTD", 1, Lang::Zh, false);
    assert!(trace::KeptPage::draw(&site, sample::recalled(), stem)?.is_none());
    Ok(())
}
