<?php

declare(strict_types=1);

/** Options for curl that trust the CA of a sandbox, and lead every host to the sandbox's address. */
function sandbox_options(string $caFile, string $address): array
{
    return [
        CURLOPT_CAINFO => $caFile,
        CURLOPT_CONNECT_TO => ["::$address"],
    ];
}

/** The same for streams, which are told the address in the URL, and the host here. */
function sandbox_context(string $caFile, string $host, array $http): mixed
{
    $http['header'][] = "Host: $host";
    return stream_context_create([
        'ssl' => ['cafile' => $caFile, 'peer_name' => $host],
        'http' => $http,
    ]);
}
