package budget

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
)

// staleness is how old a sample may be: Prometheus's own --query.lookback-delta. A server looks back no further and stamps
// its answers with the moment that was asked about, so that an older sample comes from something that answers from a cache.
const staleness = 5 * time.Minute

// judge compares the highest fresh number with the threshold. Where a query has several series, such as one for each region,
// the worst of them counts: an average hides a region that is down.
func (r Rule) judge(value model.Value, at time.Time) (Answer, error) {
	samples, err := vector(value)
	if err != nil {
		return Answer{}, err
	}
	fresh := slices.DeleteFunc(slices.Clone(samples), func(s *model.Sample) bool { return s.Timestamp.Time().Before(at.Add(-staleness)) })
	numbers := slices.DeleteFunc(slices.Clone(fresh), func(s *model.Sample) bool {
		return math.IsNaN(float64(s.Value)) || math.IsInf(float64(s.Value), -1)
	})
	switch {
	case len(samples) == 0:
		return Answer{Reason: "no series answers the query"}, nil
	case len(fresh) == 0:
		return Answer{Reason: fmt.Sprintf("every sample is older than %v", staleness)}, nil
	case len(numbers) == 0:
		return Answer{Reason: "the value is not a number: nothing was measured"}, nil
	}
	return r.compare(numbers), nil
}

func (r Rule) compare(numbers model.Vector) Answer {
	worst := slices.MaxFunc(numbers, func(a, b *model.Sample) int { return cmp.Compare(a.Value, b.Value) })
	a := Answer{Verdict: Within, Value: float64(worst.Value), Samples: len(numbers)}
	relation := "at most"
	if a.Value > r.threshold {
		a.Verdict, relation = Exceeded, "more than"
	}
	a.Reason = fmt.Sprintf("%s is %s %s", number(a.Value), relation, number(r.threshold))
	if a.Samples > 1 {
		a.Reason += fmt.Sprintf(", the highest of %d series, that of %s", a.Samples, r.shown(worst.Metric.String()))
	}
	return a
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// vector makes a vector of whatever has one number a series.
func vector(value model.Value) (model.Vector, error) {
	switch v := value.(type) {
	case model.Vector:
		if slices.Contains(v, nil) {
			return nil, errors.New("a series in the server's answer is null; is it a Prometheus?")
		}
		if slices.ContainsFunc(v, func(s *model.Sample) bool { return s.Histogram != nil }) {
			return nil, errors.New("it answers with a native histogram, not with one number a series; take a quantile or a rate of it")
		}
		return v, nil
	case *model.Scalar:
		return model.Vector{{Value: v.Value, Timestamp: v.Timestamp}}, nil
	case nil:
		return nil, errors.New("the server's answer has no result; is it a Prometheus?")
	default:
		return nil, fmt.Errorf("it answers with a %s, not with one number a series", v.Type())
	}
}
