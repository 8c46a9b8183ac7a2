//! A gateway against a small MQTT server of the test's own: it stores by probe and time, says
//! `committed`, and can be told to misbehave. Lines are cut for real, by the relay.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Mutex;

use bytes::{Bytes, BytesMut};
use gateway_firmware::probe::NOTHING;
use minicbor::Decoder;
use minicbor::data::Type;
use model::id::GatewayId;
use model::senml::{Decimal, key};
use model::topic::Topic;
use rumqttc::v5::mqttbytes::v5::{
    ConnAck, ConnectReturnCode, Packet, PubAck, Publish, SubAck, SubscribeReasonCode,
};
use rumqttc::v5::mqttbytes::{Error as MqttError, QoS};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::*;
use crate::simulate::board::{self, ClimateProbe};
use crate::testing::Folder;

/// How the server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manners {
    /// As agreed.
    Good,
    /// It takes packs, and never says that they are in the database.
    Silent,
    /// It knows nobody.
    Closed,
}

/// What the server stored, and the payloads it saw.
#[derive(Debug, Default)]
struct Store {
    times: BTreeSet<i64>,
    packs: u32,
    offline_said: bool,
}

struct Server {
    port: u16,
    store: Arc<Mutex<Store>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn gateway_id() -> GatewayId {
    GatewayId::parse("gw").expect("a name")
}

async fn server(manners: Manners) -> Server {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let store = Arc::new(Mutex::new(Store::default()));
    let shared = Arc::clone(&store);
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A connection that breaks is what these tests are about.
            let _ = converse(stream, manners, &shared).await;
        }
    });
    Server { port, store, task }
}

async fn converse(
    mut stream: TcpStream,
    manners: Manners,
    store: &Mutex<Store>,
) -> anyhow::Result<()> {
    let (mut input, mut output) = (BytesMut::new(), BytesMut::new());
    loop {
        match Packet::read(&mut input, None) {
            Ok(packet) => {
                for answer in answers(packet, manners, store)? {
                    answer.write(&mut output, None)?;
                }
                stream.write_all_buf(&mut output).await?;
            }
            Err(MqttError::InsufficientBytes(_)) => {
                if stream.read_buf(&mut input).await? == 0 {
                    return Ok(());
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn answers(packet: Packet, manners: Manners, store: &Mutex<Store>) -> anyhow::Result<Vec<Packet>> {
    Ok(match packet {
        Packet::Connect(_, will, login) => {
            let login = login.map(|login| (login.username, login.password));
            assert_eq!(login, Some(("gw".to_owned(), "secret".to_owned())));
            let will = will.map(|will| (will.topic, will.retain));
            assert_eq!(will, Some((Bytes::from("suyuan/v1/gw/status"), true)));
            let code = match manners {
                Manners::Closed => ConnectReturnCode::NotAuthorized,
                _ => ConnectReturnCode::Success,
            };
            vec![Packet::ConnAck(ConnAck {
                session_present: false,
                code,
                properties: None,
            })]
        }
        Packet::Subscribe(wish) => {
            assert_eq!(wish.filters[0].path, "suyuan/v1/gw/committed");
            let return_codes = vec![SubscribeReasonCode::Success(QoS::AtLeastOnce)];
            vec![Packet::SubAck(SubAck {
                pkid: wish.pkid,
                return_codes,
                properties: None,
            })]
        }
        Packet::Publish(message) => on_publish(&message, manners, store)?,
        _ => Vec::new(),
    })
}

fn on_publish(
    message: &Publish,
    manners: Manners,
    store: &Mutex<Store>,
) -> anyhow::Result<Vec<Packet>> {
    let mut store = store
        .lock()
        .expect("no test panics while it holds the store");
    let taken = Packet::PubAck(PubAck::new(message.pkid, None));
    if let Topic::Status { .. } = Topic::parse(&String::from_utf8_lossy(&message.topic))? {
        store.offline_said |= message.payload.windows(7).any(|word| word == b"offline");
        return Ok(vec![taken]);
    }
    assert_eq!(message.topic, "suyuan/v1/gw/probe/telemetry");
    let (sequence, times) = read_pack(&message.payload)?;
    store.packs += 1;
    store.times.extend(times);
    if manners == Manners::Silent {
        return Ok(vec![taken]);
    }
    let word = format!("{{\"sq\":[{sequence}]}}");
    let mut word = Publish::new("suyuan/v1/gw/committed", QoS::AtLeastOnce, word, None);
    // Always the same number: the node acknowledges at once and nobody keeps count.
    word.pkid = 1;
    Ok(vec![taken, Packet::Publish(word)])
}

fn micros(decoder: &mut Decoder<'_>) -> anyhow::Result<i64> {
    if decoder.datatype()? != Type::Tag {
        return Ok(decoder.i64()? * 1_000_000);
    }
    decoder.tag()?;
    decoder.array()?;
    let (exponent, mantissa) = (decoder.i8()?, decoder.i64()?);
    Ok((0..exponent + 6).fold(mantissa, |micros, _| micros * 10))
}

/// A pack's number, and the time of each of its values.
fn read_pack(payload: &[u8]) -> anyhow::Result<(u32, Vec<i64>)> {
    let mut decoder = Decoder::new(payload);
    let (mut sequence, mut base, mut times) = (0, 0, Vec::new());
    for _ in 0..decoder.array()?.unwrap_or_default() {
        let mut time = 0;
        for _ in 0..decoder.map()?.unwrap_or_default() {
            if decoder.datatype()? == Type::String {
                decoder.skip()?;
                sequence = decoder.u32()?;
                continue;
            }
            match decoder.i8()? {
                key::BASE_TIME => base = micros(&mut decoder)?,
                key::TIME => time = micros(&mut decoder)?,
                _ => decoder.skip()?,
            }
        }
        times.push(base + time);
    }
    Ok((sequence, times))
}

fn plan(port: u16, source: Source) -> Plan {
    Plan {
        login: Login {
            host: Ipv4Addr::LOCALHOST.to_string(),
            port,
            gateway: gateway_id(),
            key: "secret".to_owned(),
        },
        probe: ProbeName::parse("probe").expect("a name"),
        channels: board::CHANNELS.iter().map(|spec| spec.channel).collect(),
        source,
        every: None,
        state: None,
        stop: CancellationToken::new(),
        cut_links: false,
        seed: 5,
        patience: Duration::from_secs(30),
        progress: Arc::default(),
    }
}

fn weather(readings: u32) -> Source {
    Source::Weather(Box::new(ClimateProbe::new(1)), readings)
}

fn stored(server: &Server) -> usize {
    server
        .store
        .lock()
        .expect("no test panics while it holds the store")
        .times
        .len()
}

#[tokio::test]
async fn every_reading_arrives_once_and_the_goodbye_is_said() -> anyhow::Result<()> {
    let server = server(Manners::Good).await;
    let plan = plan(server.port, weather(1_500));
    let progress = Arc::clone(&plan.progress);
    let tally = run(plan).await?;
    assert_eq!((tally.sampled, tally.acknowledged), (1_500, 1_500));
    assert_eq!((stored(&server), tally.dropped), (1_500, 0));
    assert_eq!(progress.load(Ordering::Relaxed), 1_500);
    let store = server
        .store
        .lock()
        .expect("no test panics while it holds the store");
    assert!(store.offline_said);
    let span = tally.span.map(|(first, last)| (first.0, last.0));
    assert_eq!(
        span,
        store
            .times
            .first()
            .copied()
            .zip(store.times.last().copied())
    );
    Ok(())
}

#[tokio::test]
async fn cut_lines_and_power_cuts_lose_nothing() -> anyhow::Result<()> {
    let server = server(Manners::Good).await;
    let tally = run(Plan {
        cut_links: true,
        ..plan(server.port, weather(1_000))
    })
    .await?;
    assert_eq!(
        (tally.sampled, tally.acknowledged, stored(&server)),
        (1_000, 1_000, 1_000)
    );
    assert!(tally.cuts >= 3 && tally.power_cuts >= 1, "{tally:?}");
    Ok(())
}

#[tokio::test]
async fn a_recording_keeps_its_own_times() -> anyhow::Result<()> {
    let server = server(Manners::Good).await;
    let mut values = NOTHING;
    values[0] = Some(Decimal::new(4_820, -2));
    let rows: Vec<_> = [1_736_035_200, 1_736_036_100]
        .map(|at| (Timestamp::from_seconds(at), values))
        .into();
    let tally = run(plan(server.port, Source::Recording(rows.into_iter()))).await?;
    assert_eq!(tally.acknowledged, 2);
    let store = server
        .store
        .lock()
        .expect("no test panics while it holds the store");
    let expected = [1_736_035_200_000_000, 1_736_036_100_000_000];
    assert_eq!(store.times.iter().copied().collect::<Vec<_>>(), expected);
    Ok(())
}

#[tokio::test]
async fn what_only_the_broker_took_is_not_acknowledged() -> anyhow::Result<()> {
    let server = server(Manners::Silent).await;
    let patience = Duration::from_millis(500);
    let tally = run(Plan {
        patience,
        ..plan(server.port, weather(20))
    })
    .await?;
    assert_eq!((tally.sampled, tally.acknowledged), (20, 0));
    assert!(tally.taken >= 2, "the broker took the packs: {tally:?}");
    Ok(())
}

#[tokio::test]
async fn a_gateway_that_nobody_knows_stops_at_once() {
    let server = server(Manners::Closed).await;
    let error = run(plan(server.port, weather(1)))
        .await
        .expect_err("refused");
    assert_eq!(
        error.to_string(),
        "the broker refuses the sign-in: NotAuthorized"
    );
}

#[tokio::test]
async fn without_a_broker_a_gateway_gives_up_after_its_patience() -> anyhow::Result<()> {
    let gone = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await?
        .local_addr()?
        .port();
    let patience = Duration::from_millis(200);
    let tally = run(Plan {
        patience,
        ..plan(gone, weather(3))
    })
    .await?;
    assert_eq!((tally.sampled, tally.acknowledged), (3, 0));
    Ok(())
}

#[tokio::test]
async fn a_killed_gateway_goes_on_where_it_stopped() -> anyhow::Result<()> {
    let server = server(Manners::Good).await;
    let folder = Folder::new()?;
    let play = || Plan {
        every: Some(Duration::from_millis(1)),
        state: Some(folder.path().to_owned()),
        ..plan(server.port, weather(400))
    };
    // Dropping the task half-way is to the gateway what `kill -9` is: nothing of it runs any more.
    for _ in 0..3 {
        let stored_before = stored(&server);
        let life = tokio::spawn(run(play()));
        while stored(&server) < stored_before + 30 {
            tokio::task::yield_now().await;
        }
        life.abort();
        assert!(life.await.is_err_and(|error| error.is_cancelled()));
    }
    let tally = run(play()).await?;
    assert_eq!((tally.sampled, tally.acknowledged), (400, 400));
    assert_eq!((stored(&server), tally.dropped), (400, 0));
    let again = run(play()).await?;
    assert_eq!((again.sampled, again.acknowledged), (400, 400));
    assert_eq!(again.span, tally.span);
    Ok(())
}

#[tokio::test]
async fn a_stopped_gateway_delivers_what_it_has() -> anyhow::Result<()> {
    let server = server(Manners::Good).await;
    let plan = Plan {
        every: Some(Duration::from_millis(1)),
        ..plan(server.port, weather(1_000_000))
    };
    let stop = plan.stop.clone();
    let life = tokio::spawn(run(plan));
    while stored(&server) < 50 {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    let tally = life.await??;
    assert!(tally.sampled >= 50 && tally.sampled < 1_000_000);
    assert_eq!(
        (tally.acknowledged, stored(&server) as u64),
        (tally.sampled, tally.sampled)
    );
    Ok(())
}
