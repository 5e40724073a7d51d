use stream::*;
use bytes::Bytes;
#[tokio::main(flavor="multi_thread")]
async fn main() {
    let a: Vec<String> = std::env::args().collect();
    let dir = std::path::Path::new(&a[1]);
    let t = std::time::Instant::now();
    let log = match EmbeddedLog::open(dir, EmbeddedOptions{ fsync_interval_ms: 5, ..Default::default()}) { Ok(l)=>l, Err(e)=>{ println!("open: {e}"); return; } };
    println!("opened in {:?} epoch {}", t.elapsed(), log.epoch());
    let b = log.bounds(topic::EVENTS, "r").await.unwrap();
    println!("bounds {b:?} cursor {:?} checkpoint {:?}", log.cursor("r","in").await.unwrap(), log.checkpoint("r").await.unwrap().map(|c| c.events_next));
    let mut s = log.source(topic::EVENTS, "r", b.first).await.unwrap();
    let mut p = b.first;
    while p < b.next { for r in s.next(1000).await.unwrap() { assert_eq!(r.offset, p); assert_eq!(&r.payload[..8], &p.to_le_bytes()); p += 1; } }
    let c = log.cursor("r","in").await.unwrap().map_or(0, |c| String::from_utf8(c.to_vec()).unwrap().parse::<u64>().unwrap());
    assert_eq!(c, b.next, "cursor");
    if a.len() > 2 { return }
    let sink = log.sink(topic::EVENTS, "r").await.unwrap();
    let mut seed = 88172645463325252u64;
    loop {
        let n = 1 + (p % 97);
        let records = (p..p+n).map(|o| { let mut v = o.to_le_bytes().to_vec(); for _ in 0..30 { seed ^= seed<<13; seed ^= seed>>7; seed ^= seed<<17; v.extend(seed.to_le_bytes()); } Bytes::from(v) }).collect();
        match sink.append(Append { records, cursor: Some(("in".into(), (p+n).to_string().into())) }).await {
            Ok(o) => assert_eq!(o, p),
            Err(e) => { println!("append: {e}"); println!("flush: {:?}", sink.flush().await); println!("close: {:?}", log.close().await); return; }
        }
        p += n;
        if p % 1000 < n { match log.save_checkpoint("r", Checkpoint{events_next:p,picture_next:0,state:Bytes::from(vec![7;1000])}).await { Ok(()) => println!("durable {p}"), Err(e) => println!("checkpoint: {e}") } }
    }
}
