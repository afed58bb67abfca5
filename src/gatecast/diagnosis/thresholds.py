"""Where does a finding begin? Every threshold of the diagnosis, with its reason.

Two things are asked of each warning: that chance does not explain it (significance, which large data give to trifles),
and that it is large enough to matter (size, which small data exceed by chance). The rates that follow are measured by
`benchmarks/diagnosis.py`.
"""

from __future__ import annotations

__all__: list[str] = []

# chance gives a false alarm once in a hundred times where a single test decides
SIGNIFICANT = 0.01
# and once in a thousand times where errors that depend on each other make a test too sure of itself
VERY_SIGNIFICANT = 0.001
# confidence of the bootstrap intervals that decide, two-sided
CONFIDENCE = 0.99
# a block of the bootstrap is about as long as errors hang together: the cube root of n is the rate of
# Hall, Horowitz and Jing (1995), twice that is on the safe side
BLOCK_FACTOR = 2.0
N_BOOTSTRAP = 999
# fewer errors than these say nothing
LEAST_POINTS = 30

# the share by which the linear autoregression's RMSE must be smaller before "underfit" is said: refits with other
# seeds differ by about 1 %
UNDERFIT_GAP = 0.02
# the RMSE on new points over that on learned ones, in units of the same ratio of the linear model: a network that
# stops early is 1 to 5 % better on what it learned from
OVERFIT_GAP = 0.08
# linear models that differ by less are as good: the shortest lookback of these is the remedy
NEARLY_BEST = 0.01

# share of the errors' variance that is predictable: 3 % of the variance is 1.5 % of the RMSE, about what another
# seed changes
REMAINDER = 0.03
# a season's share of the errors' variance, likewise
SEASON_SHARE = 0.03

# the RMSE over the noise floor: within this share the fit is at its floor, if nothing is predictable in its errors
AT_FLOOR = 0.03
# beyond this share a better fit is worth some effort
ABOVE_FLOOR = 0.10
# an error below this share of the floor would mean that covariates explain 94 % of what the past does not
LEAKAGE = 0.25

# curves are judged on their last third, of at least so many validation checks
LEAST_CHECKS = 5
# half as many checks again as the end has would lower the loss by at least this share
LEARNING_GAIN = 0.02
# or the end has this share of all that the loss fell: a third at an even pace, a hundredth of what has settled
FALL_SHARE = 0.10
# of the loss: less is not worth the time
LEAST_FALL = 0.005
# the second half of the end has this share of its fall: a half at an even pace (a third of four checks), a tenth where
# a schedule runs out
STEADY = 0.15
# the loss ends so much above its best: averaged weights wander by 1 to 2 %
DIVERGING = 0.10
PAST_BEST = 0.05
# scatter of one check around the trend of its neighbours, as a share of the loss
NOISY = 0.05
# a trend of a curve counts from this ratio to its standard error on
TREND = 3.0

# members of an ensemble differ by so much of the squared error of one of them: their median is then 5 % better
SEED_SHARE = 0.10

# mean error, in units of its standard deviation: costs 3 % of the squared error
DRIFT = 0.2
# rank correlation of the size of errors and the forecast: from 0.2 on an interval of one width is visibly wrong
SPREAD_WITH_LEVEL = 0.2
# ratio of the standard deviations of the newest and the oldest third of the errors
SPREAD_OVER_TIME = 1.4
# lag-1 autocorrelation of squared errors, as of returns
SPREAD_CLUSTERS = 0.15

# intervals hold so much less or more often than they say, as a share
COVERAGE_GAP = 0.03

# weights for each learned point: the defaults have up to 47 (32 units, 100 points) and stop early, which works;
# beyond this a smaller network is as good and less a matter of luck
WEIGHTS_PER_POINT = 60.0
