//! Online map matching: which link each vehicle drove, from its noisy fixes.
//!
//! A hidden Markov model over links (Newson & Krumm, Hidden Markov Map Matching Through Noise and
//! Sparseness, ACM GIS 2009), decoded online with a bounded lag (Goh et al., Online map-matching
//! based on Hidden Markov model for real-time traffic sensing applications, ITSC 2012). Two things
//! differ from the paper, because at 1 Hz its independent noise counts the same error again with
//! every fix:
//!
//! * The noise of consecutive fixes is an AR(1) process with correlation `rho` per second, so only
//!   what a fix adds to the one before it is evidence.
//! * Every hypothesis keeps an estimate of where on its link the vehicle is and how sure that is,
//!   a Kalman filter over distance for noise of that kind (Bar-Shalom, Li & Kirubarajan, Estimation
//!   with Applications to Tracking and Navigation, 2001, section 8.2). The speed that the vehicle
//!   sends moves the estimate, so a vehicle that stands stays where it is, and the shape of the
//!   turns it made tells parallel streets apart.
//!
//! Pure: the same fixes give the same answer, whatever else the work memory was used for.

mod emit;
mod filter;
mod hypothesis;
mod line;
mod matcher;
mod motion;
mod options;
mod search;
mod state;
mod types;
mod ways;

pub use line::lane_position;
pub use matcher::Matcher;
pub use options::MatchOptions;
pub use search::Scratch;
pub use state::MatcherState;
pub use types::{Fix, Matched, Matches, Place, Span, Streets, Unknown, VehicleClass};
