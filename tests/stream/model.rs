//! Random appends, reads, reopenings and crashes, compared with a vector.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::prelude::*;
use stream::{Append, Bounds, EmbeddedLog, EmbeddedOptions, Log, topic};

use super::fixture::{REGION, events, image, open, quiet};

#[derive(Clone, Debug)]
enum Step {
    Append { sizes: Vec<usize>, cursor: Option<u8> },
    Read { from: prop::sample::Index, records_max: usize },
    Flush,
    Reopen,
    Crash,
}

/// What the log has to hold.
#[derive(Clone, Default)]
struct Model {
    records: Vec<Bytes>,
    cursors: BTreeMap<String, Bytes>,
}

fn step() -> impl Strategy<Value = Step> {
    let sizes = prop::collection::vec(0_usize..400, 0..20);
    let append = (sizes, prop::option::of(0_u8..3))
        .prop_map(|(sizes, cursor)| Step::Append { sizes, cursor });
    let read = (any::<prop::sample::Index>(), 1_usize..50)
        .prop_map(|(from, records_max)| Step::Read { from, records_max });
    prop_oneof![
        6 => append,
        4 => read,
        2 => Just(Step::Flush),
        1 => Just(Step::Reopen),
        1 => Just(Step::Crash),
    ]
}

fn options() -> EmbeddedOptions {
    EmbeddedOptions { block_bytes_max: 700, tail_bytes_max: 1_000, ..quiet() }
}

impl Model {
    fn append(&mut self, sizes: &[usize], cursor: Option<u8>) -> Append {
        let first = self.records.len();
        let records = sizes
            .iter()
            .zip(first..)
            .map(|(size, number)| Bytes::from(vec![(number % 251) as u8; *size]));
        self.records.extend(records);
        let cursor = cursor.map(|key| {
            let cursor = (format!("input-{key}"), Bytes::from(format!("{first}")));
            self.cursors.insert(cursor.0.clone(), cursor.1.clone());
            cursor
        });
        Append { records: self.records[first..].to_vec(), cursor }
    }

    async fn check(&self, log: &EmbeddedLog) {
        let next = self.records.len() as u64;
        let bounds = log.bounds(topic::EVENTS, REGION).await.unwrap();
        assert_eq!(bounds, Bounds { first: 0, next });
        for key in 0..3 {
            let key = format!("input-{key}");
            let value = log.cursor(REGION, &key).await.unwrap();
            assert_eq!(value.as_ref(), self.cursors.get(&key));
        }
    }

    async fn check_read(&self, log: &EmbeddedLog, from: usize, records_max: usize) {
        let mut source = log.source(topic::EVENTS, REGION, from as u64).await.unwrap();
        let mut position = from;
        while position < self.records.len() {
            let records = source.next(records_max).await.unwrap();
            assert!((1..=records_max).contains(&records.len()));
            for record in records {
                assert_eq!(record.offset, position as u64);
                assert_eq!(record.payload, self.records[position]);
                position += 1;
            }
        }
    }
}

async fn run(steps: Vec<Step>) {
    let mut directory = tempfile::tempdir().unwrap();
    let mut log = open(directory.path(), options());
    let (mut model, mut durable) = (Model::default(), Model::default());
    for step in steps {
        match step {
            Step::Append { sizes, cursor } => {
                let first = model.records.len() as u64;
                let append = model.append(&sizes, cursor);
                assert_eq!(events(&log).await.append(append).await.unwrap(), first);
            }
            Step::Read { from, records_max } => {
                let from = from.index(model.records.len() + 1);
                model.check_read(&log, from, records_max).await;
            }
            Step::Flush => {
                events(&log).await.flush().await.unwrap();
                durable = model.clone();
            }
            Step::Reopen => {
                log.close().await.unwrap();
                log = open(directory.path(), options());
                durable = model.clone();
            }
            Step::Crash => {
                let crashed = image(directory.path());
                log.close().await.unwrap();
                directory = crashed;
                log = open(directory.path(), options());
                model = durable.clone();
            }
        }
        model.check(&log).await;
    }
    model.check_read(&log, 0, 100).await;
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn the_log_is_a_vector_of_what_was_appended(steps in prop::collection::vec(step(), 1..40)) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run(steps));
    }
}
