//! Any messages on one WebSocket of the gateway, a line each.

#![no_main]

use std::cell::OnceCell;

use fuzz::Gateway;

thread_local! {
    static GATEWAY: OnceCell<Gateway> = const { OnceCell::new() };
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    GATEWAY.with(|gateway| gateway.get_or_init(Gateway::start).say(text));
});
