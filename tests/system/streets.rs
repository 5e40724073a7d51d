//! Streets on the dashboard: found without a mouse, explained, and grey when they are old.

use events::Geometry;
use events::wire::AreaKind;
use picture::Object;
use serde_json::Value;

use super::browser::Page;
use crate::gateway::support::{
    NOW_MS, app, area, feed, get, link, position, queue, region, server, situation, updated,
};

/// Two directions of a street, a queue on one, the area around, and works on it.
fn streets() -> Vec<Object> {
    let line = [position(24.2, 60.2), position(24.21, 60.205)];
    let back = [line[1], line[0]];
    let mut objects = vec![feed(1), link("1-1-2", &line), queue("1-1-2@1", &["1-1-2"], line[1])];
    if let Object::Link(mut other) = link("1-2-1", &back) {
        other.name = "Fabianinkatu".into();
        other.five_minutes.method = events::wire::EstimateMethod::Typical;
        objects.push(Object::Link(other));
    }
    objects.push(area("district:kallio", AreaKind::District, position(24.1, 60.1)));
    objects.push(area("cell:8911260a5abffff", AreaKind::Cell, position(24.2, 60.2)));
    let works = Geometry { lines: vec![line.to_vec()], ..Default::default() };
    objects.push(situation("feed:s", Some(works)));
    objects
}

/// JavaScript that opens the list of what is in view, at a layer, and gives its rows.
fn listed(layer: &str) -> String {
    format!(
        "(() => {{
            const panel = document.querySelector('[data-panel=\"objects\"]');
            const fold = panel.querySelector('h2 button');
            if (fold.getAttribute('aria-expanded') === 'false') fold.click();
            const choice = panel.querySelector('select');
            choice.value = '{layer}';
            choice.dispatchEvent(new Event('change'));
            return [...panel.querySelectorAll('tbody tr')].map((row) => row.textContent);
        }})()"
    )
}

/// JavaScript that chooses the first row with the keyboard's focus on it.
const FIRST_ROW: &str = "(() => {
    const row = document.querySelector('[data-panel=\"objects\"] tbody button');
    row.focus();
    row.click();
})()";

fn text(page: &mut Page, selector: &str) -> String {
    let text = page.evaluate(&format!("document.querySelector('{selector}')?.textContent"));
    text.as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_street_is_found_and_explained_in_a_browser() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let app = app();
    let page = runtime.block_on(get(&app, "/"));
    if String::from_utf8_lossy(&page.body).contains("cargo xtask dashboard") {
        println!("skipped: the dashboard is not built");
        return;
    }
    region(&app).apply([(1..).zip(streets()).map(|(n, object)| updated(n, object)).collect()]);
    let server = runtime.block_on(server(&app));
    let mut page =
        Page::open(&format!("http://{}/#city=keskus&z=13&c=60.2025,24.2050", server.address));
    page.evaluate("localStorage.setItem('tilanne.language', 'en')");
    page.evaluate("location.reload()");
    page.wait_until("streets", "window.tilanne?.state().links === 2");
    let state = page.evaluate("window.tilanne.state()");
    assert_eq!((&state["queues"], &state["areas"]), (&Value::from(1), &Value::from(2)));
    page.wait_until(
        "the district in the panel of areas",
        "document.querySelector('.area')?.textContent.includes('Kallio') === true",
    );

    // Only what is seen is listed: the other direction has nothing but its usual speed.
    page.wait_until("the list", &format!("{}.length === 1", listed("links")));
    page.evaluate(FIRST_ROW);
    page.wait_until("the card", "document.querySelector('.card').hidden === false");
    assert_eq!(text(&mut page, "[data-testid=\"detail-title\"]"), "Mannerheimintie");
    let focused = page.evaluate("document.activeElement.dataset.testid");
    assert_eq!(focused, "detail-title", "the keyboard is where the news is");
    let facts = text(&mut page, ".card-facts");
    for said in ["22 km/h (17–26)", "measured, several sources together", "Road works"] {
        let facts = facts.replace('\u{a0}', " ");
        assert!(facts.contains(said), "{facts:?} does not say {said:?}");
    }

    page.evaluate("document.querySelector('.explain summary').click()");
    page.wait_until("the sources", "document.querySelectorAll('.sources tbody tr').length === 8");
    let weights = "[...document.querySelector('.sources').querySelectorAll('.weight')]
        .map((bar) => Number(bar.style.getPropertyValue('--weight')))";
    assert_eq!(page.evaluate(weights), serde_json::json!([0.2, 0.3, 0.5, 0]));
    let cars = "document.querySelectorAll('.sources tbody tr')[2].textContent";
    assert!(page.evaluate(cars).as_str().unwrap().starts_with("Cars that drove here (5)"));

    // A new window: the table follows while it is open.
    let line = [position(24.2, 60.2), position(24.21, 60.205)];
    let Object::Link(mut newer) = link("1-1-2", &line) else { unreachable!() };
    newer.event_time_ms = NOW_MS;
    for window in [&mut newer.minute, &mut newer.five_minutes] {
        window.end_time_ms = NOW_MS;
        window.evidence.truncate(3);
    }
    region(&app).apply([vec![updated(20, Object::Link(newer))]]);
    page.wait_until("newer sources", "document.querySelectorAll('.sources tbody tr').length === 6");

    page.wait_until("queues in the list", &format!("{}.length === 1", listed("queues")));
    page.evaluate(FIRST_ROW);
    page.wait_until(
        "the queue's card",
        "document.querySelector('.card-facts').textContent.includes('not usual')",
    );
    // A map that failed to draw is one colour; a PNG of it is tiny.
    assert!(page.screenshot().len() > 40_000, "the map seems to be blank");
    server.shutdown.cancel();
}
