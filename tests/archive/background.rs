//! Threads of the archive give way to live work.
#![cfg(target_os = "linux")]

use archive::Background;

/// Field `nice` of `/proc/thread-self/stat`, counted from the state, which follows the name.
const NICE_FIELD: usize = 16;

fn niceness() -> i32 {
    let text = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    let (_, fields) = text.rsplit_once(") ").unwrap();
    fields.split(' ').nth(NICE_FIELD).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_there_is_nicer_than_what_runs_here() {
    let background = Background::new().unwrap();
    let own = niceness();
    let tasks = background.handle().spawn(async {
        let blocking = tokio::task::spawn_blocking(niceness).await.unwrap();
        (niceness(), tokio::task::block_in_place(niceness), blocking)
    });
    let nicer = (own + 10).min(19);
    assert_eq!(tasks.await.unwrap(), (nicer, nicer, nicer));
    assert_eq!(niceness(), own);
}

/// As when a server stops while a day is merged.
#[tokio::test]
async fn it_ends_where_others_run() {
    let background = Background::new().unwrap();
    let task = background.handle().spawn(std::future::pending::<()>());
    drop(background);
    assert!(task.await.unwrap_err().is_cancelled());
}
