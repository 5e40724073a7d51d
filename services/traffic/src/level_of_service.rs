//! Level of service as Fintraffic defines it.

use events::wire::LevelOfService;

/// Fintraffic's level of service from the share of free-flow speed, percent (0 or more; above 100
/// is normal): 0-10 stationary, 10-25 queuing, 25-75 slow, 75-90 platooning, 90 and more fluent.
/// A boundary belongs to the better step.
///
/// Source: Digitraffic's description of the fluency classes of TMS stations.
///
/// ```
/// use events::wire::LevelOfService;
/// assert_eq!(traffic::level_of_service(74.9), LevelOfService::Slow);
/// assert_eq!(traffic::level_of_service(104.0), LevelOfService::Fluent);
/// ```
pub fn level_of_service(speed_share_percent: f64) -> LevelOfService {
    match speed_share_percent {
        share if share < 10.0 => LevelOfService::Stationary,
        share if share < 25.0 => LevelOfService::Queuing,
        share if share < 75.0 => LevelOfService::Slow,
        share if share < 90.0 => LevelOfService::Platooning,
        share if share >= 90.0 => LevelOfService::Fluent,
        _ => LevelOfService::Unspecified,
    }
}
