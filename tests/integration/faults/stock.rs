//! The same promise to clients that others have written: paho in both versions of MQTT and minimq
//! publish with `QoS` 1 while the whole system is killed and started again. What was acknowledged
//! to them is stored, and nothing is stored twice. `SUYUAN_KILL_SEED` repeats a run.

use std::time::Duration;

use rand::Rng;

use super::chance::seeded;
use super::kill::{check, kill};
use super::publisher::PROBE;
use crate::clients::{Minimq, Paho};
use crate::harness::api::Api;
use crate::harness::system::{PASSWORD, System, add_account};
use crate::harness::{Folder, free_port, wait_for};

const KILLS: usize = 4;

/// Readings that must be acknowledged to each client between two kills.
const PROGRESS: usize = 20;

/// The gateways: one a client.
const GATEWAYS: [&str; 3] = ["paho-311", "paho-5", "minimq"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_nothing_that_was_acknowledged_to_a_stock_client() -> anyhow::Result<()> {
    let mut chance = seeded("SUYUAN_KILL_SEED");
    let folder = Folder::new()?;
    let (http, mqtt) = (free_port()?, free_port()?);
    let (http, mqtt_flag) = (format!("127.0.0.1:{http}"), format!("127.0.0.1:{mqtt}"));
    // The last address given wins over the harness's own.
    let flags = ["--http", &http, "--mqtt", &mqtt_flag];
    let data = folder.path().join("data");
    let mut system = System::start_in(&data, &flags).await?;
    add_account(&data, "op", "operator")?;
    let operator = Api::sign_in(&system.http, "op", PASSWORD).await?;
    let [v3, v5, small] = GATEWAYS;
    let key = operator.register(v3, PROBE).await?;
    let v3 = Paho::publish(folder.path(), mqtt, "311", v3, &key)?;
    let key = operator.register(v5, PROBE).await?;
    let v5 = Paho::publish(folder.path(), mqtt, "5", v5, &key)?;
    let key = operator.register(small, PROBE).await?;
    let minimq = Minimq::default();

    let killing = async {
        for number in 0..KILLS {
            let counts = || [v3.count(), v5.count(), minimq.count()];
            let before = counts();
            wait_for("acknowledged readings", || async {
                let mut pairs = counts().into_iter().zip(before);
                let all = pairs.all(|(count, before)| count > before + PROGRESS);
                Ok(all.then_some(()))
            })
            .await?;
            tokio::time::sleep(Duration::from_millis(chance.random_range(0..700))).await;
            println!("kill {number} after {:?}", counts());
            kill(system, &data, chance.random_bool(0.3)).await?;
            system = System::start_in(&data, &flags).await?;
        }
        minimq.stop();
        anyhow::Ok(system)
    };
    let publishing = minimq.publish(mqtt, small, &key);
    let (system, made) = tokio::try_join!(killing, publishing)?;
    let operator = Api::sign_in(&system.http, "op", PASSWORD).await?;
    let at_least = KILLS * PROGRESS;
    check(&operator, GATEWAYS[0], &v3.finish().await?, at_least).await?;
    check(&operator, GATEWAYS[1], &v5.finish().await?, at_least).await?;
    let small_one = (made, minimq.acknowledged());
    check(&operator, small, &small_one, at_least).await?;
    system.stop().await?;
    Ok(())
}
