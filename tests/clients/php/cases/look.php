<?php

declare(strict_types=1);

it('tells of a payment by its id and by its reference', function () use ($brand) {
    $order = $brand->order(['viewName' => 'Kopi Café', 'channel' => 'indomaret']);
    $opened = envelope($brand->post($order));
    foreach ([$opened['id'], $order['reference']] as $name) {
        foreach (['', '?resendCallback=false', '?resendCallback=0', '?resendCallback='] as $query) {
            same($opened, envelope($brand->get("/api/check/{$name}{$query}")), "check/{$name}{$query}");
        }
    }
});

it('finds a reference that must be escaped', function () use ($brand) {
    $order = $brand->order(['reference' => 'php ' . bin2hex(random_bytes(8)) . '/é?#%']);
    $opened = envelope($brand->post($order));
    same($opened, envelope($brand->get('/api/check/' . rawurlencode($order['reference']))));
});

it('finds nothing that is not there, and nothing of the other brand', function () use ($brand) {
    $unknown = ['unknown', '00000000-0000-4000-8000-000000000000', 'a%20b', '%ff'];
    foreach ($unknown as $name) {
        refused($brand->get("/api/check/{$name}"), 404, 'TRANSACTION_NOT_FOUND');
    }
    $theirs = $brand->other()->open();
    foreach ([$theirs['id'], $theirs['merchantRef']] as $name) {
        refused($brand->get("/api/check/{$name}"), 404, 'TRANSACTION_NOT_FOUND');
    }
});

it('lists payments, newest first, by status, day and direction', function () use ($brand, $gateway) {
    $older = $brand->open();
    $paid = $brand->open();
    $newer = $brand->open(['channel' => 'indomaret']);
    $gateway->press('pay', $paid['retail']['paymentCode']);
    $paid = envelope($brand->get("/api/check/{$paid['id']}"));
    $day = substr($newer['settleDate'], 0, 10);

    $pending = envelope($brand->get("/api/transactions?status=pending&page=1&date={$day}&type=cashIn"));
    holds(array_is_list($pending), 'it is a list');
    same($newer, $pending[0], 'the newest');
    $place = place($pending, $older['id']);
    same($older, $pending[$place ?? 0], 'the older one');
    same(null, place($pending, $paid['id']), 'the paid one among the pending');
    same(['pending'], array_values(array_unique(array_column($pending, 'status'))), 'the statuses');

    // Without a word it is what was paid.
    foreach (['', '?status=success', "?date={$day}", '?type=receive', '?page=1'] as $query) {
        $success = envelope($brand->get("/api/transactions{$query}"));
        same($paid, $success[0], "the newest of {$query}");
        same(['success'], array_values(array_unique(array_column($success, 'status'))), 'the statuses');
    }
    foreach (['failed', 'expired'] as $status) {
        $others = envelope($brand->get("/api/transactions?status={$status}"));
        foreach ([$older, $paid, $newer] as $payment) {
            same(null, place($others, $payment['id']), "it among the {$status}");
        }
    }
});

foreach (['type=cashOut', 'type=send', 'status=pending&date=2020-01-01', 'status=pending&page=9999'] as $query) {
    it("has nothing for {$query}", function () use ($brand, $query) {
        same([], envelope($brand->get("/api/transactions?{$query}")));
    });
}

$impossible = ['date=2025-02-29', 'date=yesterday', 'page=0', 'page=-1', 'page=one', 'status=paid', 'type=both'];
foreach ($impossible as $query) {
    it("refuses {$query}", function () use ($brand, $query) {
        $answer = $brand->get("/api/transactions?{$query}");
        refused($answer, 422, 'REQUEST_INVALID');
        names($answer, strstr($query, '=', true));
    });
}

it('lists nothing of the other brand', function () use ($brand) {
    $theirs = $brand->other()->open();
    same(null, place(envelope($brand->get('/api/transactions?status=pending')), $theirs['id']));
});

it('has a balance of what was paid and not taken back, without the payer\'s fee', function () use ($brand, $gateway) {
    $balance = function () use ($brand) {
        $balance = envelope($brand->get('/api/balance'));
        same(['active', 'pending', 'total'], array_keys($balance), 'the members of a balance');
        foreach ($balance as $name => $amount) {
            holds(is_int($amount), "{$name} is an integer");
        }
        same($balance['active'] + $balance['pending'], $balance['total'], 'total');
        return $balance;
    };
    $before = $balance();
    $theirs = $brand->other()->balance();
    $payment = $brand->open(['channel' => 'indomaret', 'amount' => 123000]);
    same($before, $balance(), 'the balance after an opening');

    $gateway->press('pay', $payment['retail']['paymentCode']);
    $paid = $balance();
    same($before['pending'] + 123000, $paid['pending'], 'pending');
    same($before['active'], $paid['active'], 'active');
    same($theirs, $brand->other()->balance(), 'the other brand\'s balance');

    $gateway->press('reverse', $payment['retail']['paymentCode']);
    same($before, $balance(), 'the balance after the reversal');
});

it('signs the key alone with a GET, even with one that has a body', function () use ($brand, $gateway) {
    // The pages' curl examples pass `--data` along.
    $opened = $brand->open();
    $alone = $brand->signed(hash_hmac('sha512', $brand->key, $brand->token));
    $body = json_encode($brand->order());
    foreach (["/api/check/{$opened['id']}", '/api/balance', '/api/transactions'] as $path) {
        envelope($gateway->send('GET', $path, $alone, $body));
        $withBody = $brand->signed(hash_hmac('sha512', $brand->key . $body, $brand->token));
        refused($gateway->send('GET', $path, $withBody, $body), 401, 'UNAUTHORIZED', NOT_AUTHORIZED);
    }
});

it('knows a GET from a POST', function () use ($brand, $gateway) {
    $headers = $brand->signed(hash_hmac('sha512', $brand->key, $brand->token));
    same(405, $gateway->send('GET', '/api/retail', $headers)->status, 'GET /api/retail');
});
