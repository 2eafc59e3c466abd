SELECT p.entity AS entity, p.period AS period, if(p.is_closed, 'closed_period_state', 'open_period_state') AS state, p.closed_at AS closed_at,
       p.revenue_amt AS revenue_amt, p.cogs_amt AS cogs_amt, p.other_amt AS other_amt, p.profit_amt AS profit_amt,
       p.late_n AS late_n, p.late_profit_amt AS late_profit_amt, p.own_profit_amt AS own_profit_amt, count() OVER () AS total_rows
FROM mart.v_period AS p
ORDER BY period DESC, entity
LIMIT 120
