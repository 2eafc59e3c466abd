SELECT p.entity AS entity, p.period AS period, e.currency AS currency, if(p.is_closed, 'closed_period_state', 'open_period_state') AS state,
       p.closed_at AS closed_at, p.profit_amt AS profit_amt, p.late_n AS late_n, p.late_stock_amt AS late_stock_amt,
       p.late_cogs_amt AS late_cogs_amt, p.late_profit_amt AS late_profit_amt, p.own_profit_amt AS own_profit_amt
FROM mart.v_period AS p
LEFT ANY JOIN mart.v_entity AS e ON p.entity = e.entity
WHERE p.entity = {entity:String} AND p.period = {period:String}
