//! The demonstration county: what interface.md promises of it, through the API and the pages.

use anyhow::Context;
use serde_json::Value;

use crate::harness::api::Api;
use crate::harness::system::System;

async fn list(api: &Api, what: &str) -> anyhow::Result<Vec<Value>> {
    let answer = api.get(&format!("/api/v1/{what}")).await?;
    answer[what]
        .as_array()
        .cloned()
        .with_context(|| format!("no {what}"))
}

#[tokio::test]
async fn the_county_has_its_producers_products_and_lots_in_every_state() -> anyhow::Result<()> {
    let system = System::demo().await?;
    let supervisor = Api::sign_in(&system.http, "supervisor", "suyuan-demo").await?;
    assert!(list(&supervisor, "producers").await?.len() >= 12);
    let products = list(&supervisor, "products").await?;
    assert!(products.len() >= 60, "{}", products.len());
    let text = serde_json::to_string(&products)?;
    for product in [
        "猕猴桃",
        "大米",
        "柑桔",
        "土家腊肉",
        "莓茶",
        "万坪豆腐",
        "土鸡蛋",
        "车坪萝卜",
    ] {
        assert!(text.contains(product), "{product} is missing");
    }
    let answer = supervisor.get("/api/v1/lots?limit=500").await?;
    let lots = answer["lots"].as_array().context("no lots")?;
    for state in model::lot::LotState::ALL {
        assert!(
            lots.iter().any(|lot| lot["state"] == state.code()),
            "no lot is {state}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn the_demo_probe_has_its_three_channels_and_a_season_of_readings() -> anyhow::Result<()> {
    let system = System::demo().await?;
    let operator = Api::sign_in(&system.http, "operator", "suyuan-demo").await?;
    let path = "/api/v1/gateways/demo-gw/probes/demo-probe/readings?step=day&limit=3000";
    let answer = operator
        .get(&format!("{path}&from=2020-01-01T00:00:00Z"))
        .await?;
    let channels = answer["channels"].as_array().context("no channels")?;
    let named: Vec<_> = channels
        .iter()
        .map(|c| (c["name"].as_str(), c["unit"].as_str()))
        .collect();
    let expected = [
        ("temperature", "Cel"),
        ("humidity", "%RH"),
        ("soil-moisture", "%"),
    ];
    assert_eq!(named, expected.map(|(name, unit)| (Some(name), Some(unit))));
    assert!(answer["readings"].as_array().context("no readings")?.len() > 150);
    Ok(())
}

#[tokio::test]
async fn every_page_says_that_the_data_is_a_demonstration() -> anyhow::Result<()> {
    let system = System::demo().await?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    for path in ["/", "/login", "/01/09506000134352", "/nowhere"] {
        let page = client
            .get(format!("{}{path}", system.http))
            .header("accept", "text/html");
        let page = page.send().await?.text().await?;
        assert!(page.contains("演示数据"), "{path}");
    }
    Ok(())
}
