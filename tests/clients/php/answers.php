<?php

// What an answer must look like, member by member.

declare(strict_types=1);

const MEMBERS = ['id', 'merchantRef', 'status', 'feePayer', 'amount', 'fee', 'totalAmount', 'expiredDate',
    'paidDate', 'settleDate', 'additionalInfo', 'retail'];
const NOT_AUTHORIZED = 'Authorization failed. Please provide valid credentials.';
const UUID = '/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/';

/** Reads `YYYY-MM-DDTHH:MM:SS+07:00`; nothing else will do. */
function seconds(mixed $time, string $what): int
{
    matches('/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+07:00$/', $time, $what);
    return (new DateTimeImmutable($time))->getTimestamp();
}

/** The envelope of an answer that says yes, and what is in it. */
function envelope(Answer $answer): array
{
    same(200, $answer->status, "the status of {$answer->body}");
    matches('#^application/json#', $answer->header('Content-Type'), 'the content type');
    same(['responseCode', 'responseMessage', 'responseData'], array_keys($answer->json));
    same([200, 'success'], [$answer->json['responseCode'], $answer->json['responseMessage']]);
    return $answer->json['responseData'];
}

/** A payment of this order: every member, in its order, of its type. */
function payment(array $data, array $order, Brand $brand, string $status = 'pending'): void
{
    same(MEMBERS, array_keys($data), 'the members of a payment');
    matches(UUID, $data['id'], 'id');
    same($order['reference'], $data['merchantRef'], 'merchantRef');
    same($status, $data['status'], 'status');
    same('customer', $data['feePayer'], 'feePayer');
    same($order['amount'], $data['amount'], 'amount');
    same($brand->fee, $data['fee'], 'fee');
    same($order['amount'] + $brand->fee, $data['totalAmount'], 'totalAmount');
    seconds($data['expiredDate'], 'expiredDate');
    seconds($data['settleDate'], 'settleDate');
    if ($status === 'success') {
        seconds($data['paidDate'], 'paidDate');
    } elseif ($status === 'pending') {
        same(null, $data['paidDate'], 'paidDate');
    }
    same(['callback' => $order['additionalInfo']['callback']], $data['additionalInfo'], 'additionalInfo');
    same(['viewName', 'channel', 'paymentCode'], array_keys($data['retail']), 'the members of retail');
    same($order['viewName'], $data['retail']['viewName'], 'viewName');
    same($order['channel'], $data['retail']['channel'], 'channel');
    matches('/^[0-9]{10,16}$/', $data['retail']['paymentCode'], 'paymentCode');
}

/** A refusal: its status, its code, and nothing that could be taken for success. */
function refused(Answer $answer, int $status, string $code, ?string $message = null): void
{
    same($status, $answer->status, "the status of {$answer->body}");
    matches('#^application/json#', $answer->header('Content-Type'), 'the content type');
    $body = $answer->json;
    same(['responseCode', 'responseMessage', 'responseData', 'errorCode'],
        array_slice(array_keys($body), 0, 4), 'the members of a refusal');
    same($status, $body['responseCode'], 'responseCode');
    same($code, $body['errorCode'], 'errorCode');
    same(null, $body['responseData'], 'responseData');
    holds(is_string($body['responseMessage']) && $body['responseMessage'] !== '', 'it says why');
    holds(strcasecmp($body['responseMessage'], 'success') !== 0, 'it does not say success');
    if ($message !== null) {
        same($message, $body['responseMessage'], 'responseMessage');
    }
}

/** A 422 says which member it is about, beside the message. */
function names(Answer $answer, string $member): void
{
    $errors = $answer->json['errors'] ?? null;
    holds(is_array($errors) && $errors !== [], 'it has errors');
    $about = array_filter(array_keys($errors), fn ($name) => str_starts_with((string) $name, $member));
    holds($about !== [], "the errors name {$member}: {$answer->body}");
}

/** Where a payment is in a page of a list; null when it is not in it. */
function place(array $page, string $id): ?int
{
    $place = array_search($id, array_column($page, 'id'), true);
    return $place === false ? null : $place;
}
