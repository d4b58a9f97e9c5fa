"""Registered mail 挂号信: numbers, handing over, tracking, receipts, evidence, and letters a crew hands over."""
