wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Origin"] = "https://shop.example"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")
wrk.body = os.getenv("BENCH_BODY")

done = function(summary)
  local errors = summary.errors
  io.stderr:write(string.format("%d %d %d\n", summary.requests, summary.duration, errors.status + errors.read + errors.timeout))
end
